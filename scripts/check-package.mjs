// Packs a release, checks the tarball, installs it where nothing else is and runs an example there.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const folder = mkdtempSync(path.join(tmpdir(), 'package-check-'));
const require = createRequire(import.meta.url);

function run(title, command, args, options = {}) {
  console.log(`--- ${title}`);
  execFileSync(command, args, { cwd: folder, stdio: 'inherit', ...options });
}

function pack() {
  const output = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // What the scripts print comes first.
  const parsed = JSON.parse(output.slice(output.search(/^[[{]$/m)));
  const [packed] = Array.isArray(parsed) ? parsed : Object.values(parsed);
  return packed;
}

function checkContents(names) {
  for (const needed of [
    'package.json',
    'README.md',
    'LICENSE',
    'dist/index.js',
    'dist/index.d.ts',
  ]) {
    assert.ok(names.includes(needed), `${needed} is not in the tarball`);
  }
  const addon = `prebuilds/${process.platform}-${process.arch}/`;
  // The addon under the name that lib/addon.ts looks for before it asks node-gyp-build.
  const native = [`${addon}interproc.glibc.node`, `${addon}libinterproc.so.1`];
  for (const needed of [...native, 'native/include/interproc.h']) {
    assert.ok(names.includes(needed), `${needed} is not in the tarball`);
  }
  for (const name of names) {
    assert.ok(
      !/^(build|test|bench|examples|node_modules)\//.test(name),
      `${name} is in the tarball`,
    );
    assert.notEqual(path.basename(name), 'binding.gyp', 'npm would run node-gyp');
  }
  for (const script of ['preinstall', 'install', 'postinstall']) {
    assert.equal(manifest.scripts[script], undefined, `an ${script} script would be blocked`);
  }
}

try {
  const { filename, files, size, unpackedSize } = pack();
  const tarball = path.join(folder, path.basename(filename));
  checkContents(files.map((file) => file.path));
  console.log(`${filename}: ${files.length} files, ${size} bytes, ${unpackedSize} unpacked`);

  const bin = (name) => path.join(root, 'node_modules', '.bin', name);
  run('publint', bin('publint'), ['run', '--strict', tarball]);
  run('attw', bin('attw'), [
    tarball,
    '--profile',
    'esm-only',
    '--no-definitely-typed',
    '--no-emoji',
  ]);

  writeFileSync(path.join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  const install = ['install', tarball, '--ignore-scripts', '--no-audit', '--no-fund'];
  run('install', 'npm', install);

  writeFileSync(
    path.join(folder, 'main.ts'),
    "import * as interproc from 'interproc';\nexport const names: string[] = Object.keys(interproc);\n",
  );
  const types = ['--typeRoots', path.join(root, 'node_modules', '@types'), '--types', 'node'];
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', ...types];
  const lib = ['--lib', 'es2023,esnext.disposable'];
  run('types', process.execPath, [
    require.resolve('typescript/lib/tsc.js'),
    ...options,
    ...lib,
    'main.ts',
  ]);

  cpSync(path.join(root, 'examples'), path.join(folder, 'examples'), { recursive: true });
  run('example', process.execPath, ['examples/word-count/main.mjs'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
