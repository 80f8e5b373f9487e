// Compiles lib/ to dist/: types and single modules by the compiler, and over them the few files that a program loads. Loading
// a hundred small modules takes Node three times as long as loading the same code in a few files.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const lib = path.join(root, 'lib');
const dist = path.join(root, 'dist');
const tsc = createRequire(import.meta.url).resolve('typescript/lib/tsc.js');

/** What a program imports, and what the library itself starts or imports by name. They share their parts. */
const library = {
  index: 'lib/index.ts',
  bootstrap: 'lib/process/bootstrap.ts',
  worker: 'lib/pool/worker.ts',
  'manager-server': 'lib/manager/manager-server.ts',
  'check/check-segment': 'lib/check/check-segment.ts',
};

/** A program of its own, which must not do what the library does when it is loaded. */
const tool = { cli: 'lib/cli/main.ts' };

/**
 * Every file is one more for Node.js to find, read and link, so there are two: what a child needs before the module of its target is
 * imported, and all the rest as index.js. What starts as a program by itself stays outside: nothing must run because it is imported.
 */
const parts = {
  groups: [
    {
      name: 'boot',
      test: /lib.(process.(boot-message|identity|target)|messages|codec.msgpack)\.ts$/,
      priority: 1,
    },
    { name: 'library', test: /lib.(?!process.bootstrap|pool.worker|manager.manager-server|check)/ },
  ],
};

/**
 * The text as V8 compiles it soonest: without comments, which the declarations have, and in ASCII, since a single other character makes it
 * two bytes for each. Names and lines stay as they are, for who reads a stack trace.
 */
const text = {
  comments: false,
  minify: {
    compress: false,
    mangle: false,
    codegen: { removeWhitespace: false, asciiOnly: true },
  },
};

/** Imports of Node.js's own modules as look-ups: an import makes a module of its own for each, with all of its names. */
const builtinsLookedUp = {
  name: 'builtins-looked-up',
  renderChunk(code) {
    const lookedUp = code.replaceAll(
      /^import (\{[^}]*\}|\w+) from "(node:[^"]+)";$/gm,
      (_, names, module) =>
        `const ${names.replaceAll(' as ', ': ')} = process.getBuiltinModule("${module}");`,
    );
    // No line has moved, and nothing in these lines throws.
    return { code: lookedUp, map: null };
  },
};

function compile() {
  const { status, error } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

/** Answers with the names of the files it wrote, all of them at the top of dist/, where new URL('./bootstrap.js') finds them. */
async function bundle(input, codeSplitting) {
  const build = await rolldown({
    input,
    cwd: root,
    platform: 'node',
    external: [/^node:/, /^[a-z@][^:]*$/],
    tsconfig: false,
    onLog(level, log, report) {
      report(level === 'warn' ? 'error' : level, log);
    },
  });
  const { output } = await build.write({
    dir: dist,
    format: 'esm',
    sourcemap: true,
    entryFileNames: '[name].js',
    chunkFileNames: 'part-[name].js',
    keepNames: false,
    codeSplitting,
    plugins: [builtinsLookedUp],
    ...text,
  });
  await build.close();
  return output.map((file) => file.fileName);
}

function dropWhatHasNoSource(written) {
  for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const output = path.relative(dist, path.join(entry.parentPath ?? entry.path, entry.name));
    if (written.includes(output)) continue;
    const stem = output.replace(/(\.d)?\.ts(\.map)?$|\.js(\.map)?$/, '');
    if (!existsSync(path.join(lib, `${stem}.ts`))) rmSync(path.join(dist, output));
  }
}

compile();
dropWhatHasNoSource([...(await bundle(library, parts)), ...(await bundle(tool, false))]);
