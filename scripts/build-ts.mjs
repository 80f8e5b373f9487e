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
  child: 'lib/process/child.ts',
  worker: 'lib/pool/worker.ts',
  'manager-server': 'lib/manager/manager-server.ts',
  'check/check-segment': 'lib/check/check-segment.ts',
};

/** A program of its own, which must not do what the library does when it is loaded. */
const tool = { cli: 'lib/cli/main.ts' };

/**
 * Every file is one more for Node.js to find and read, so there are few: what a child needs before the module of its target is imported, and
 * all the rest. The modules are facades, the parts themselves CommonJS, loaded by lib/parts/parts.ts. What starts as a program by
 * itself stays outside: nothing must run because it is imported.
 */
const parts = {
  groups: [
    {
      name: 'boot',
      test: /lib.(process.(boot-message|identity|target)|messages|codec.msgpack)\.ts$/,
      priority: 1,
    },
    {
      name: 'library',
      test: /lib.(?!process.(bootstrap|child)|pool.worker|manager.manager-server|check)/,
    },
  ],
};
const commonJs = /\.cjs$/;
/** What `import.meta.url` is called where there is none. */
const ownUrl = 'ownUrl';
const fileNames = {
  entryFileNames: ({ name }) =>
    ({ bootstrap: '[name].cjs', child: 'part-[name].cjs', load: 'part-[name].cjs' })[name] ??
    '[name].js',
  chunkFileNames: 'part-[name].cjs',
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

/**
 * Parts as CommonJS, and imports of parts as calls: of `require` in CommonJS, of the loader in modules. What a part exports is read once, so it
 * must not change. No line moves, so that source maps stay right.
 */
const partsLoaded = {
  name: 'parts-loaded',
  renderChunk(code, { fileName }) {
    const common = commonJs.test(fileName);
    const toLoader = `./${path.posix.relative(path.posix.dirname(fileName), 'part-load.cjs')}`;
    const loadPart = `process.getBuiltinModule("node:module").createRequire(import.meta.url)("${toLoader}").loadPart`;
    const linked = code.replaceAll(
      /^import (\{[^}]*\}) from "\.{1,2}\/(part-[^"]+)";$/gm,
      (_, names, part) =>
        `const ${names.replaceAll(' as ', ': ')} = ${common ? 'require' : loadPart}("./${part}");`,
    );
    return { code: common ? toCommonJs(linked, fileName) : linked, map: null };
  },
};

/** The loader is a file by itself, which nothing else may become a part of: who loads a part has it first. */
const loader = { load: 'lib/parts/parts.ts' };
const loaderOutside = {
  name: 'loader-outside',
  resolveId: (source) =>
    source.endsWith('/parts.js') ? { id: './part-load.cjs', external: true } : null,
};

function toCommonJs(code, fileName) {
  const exported = /^export (\{[^}]*\});$/m;
  for (const [, name] of code
    .match(exported)?.[1]
    .matchAll(/(\w[\w$]*|\$[\w$]*)(?: as \S+)?[,\s]/g) ?? [])
    if (new RegExp(`^let ${name.replaceAll('$', '\\$')}\\b`, 'm').test(code))
      throw new Error(`${fileName} exports ${name}, which changes`);
  const common = code.replace(
    exported,
    (_, names) => `Object.assign(exports, ${names.replaceAll(/([\w$]+) as ([\w$]+)/g, '$2: $1')});`,
  );
  const left =
    /^(import|export)\b.*/m.exec(common) ??
    (fileName.startsWith('part-') && /\bimport\(.*/.exec(common));
  if (left) throw new Error(`${fileName} has what CommonJS parts cannot have: ${left[0]}`);
  const url = common.includes(ownUrl)
    ? `const ${ownUrl} = process.getBuiltinModule("node:url").pathToFileURL(__filename).href;`
    : '';
  return `"use strict";${url}${common}`;
}

function compile() {
  const { status, error } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

/** Answers with the names of the files it wrote, all of them at the top of dist/, where new URL('./bootstrap.cjs') finds them. */
async function bundle(input, { plugins = [], transform = {}, ...output }) {
  const build = await rolldown({
    input,
    cwd: root,
    platform: 'node',
    external: [/^node:/, /^[a-z@][^:]*$/],
    tsconfig: false,
    transform,
    plugins: [builtinsLookedUp, ...plugins],
    onLog(level, log, report) {
      report(level === 'warn' ? 'error' : level, log);
    },
  });
  const { output: files } = await build.write({
    dir: dist,
    format: 'esm',
    sourcemap: true,
    entryFileNames: '[name].js',
    keepNames: false,
    ...output,
    ...text,
  });
  await build.close();
  return files.map((file) => file.fileName);
}

function dropWhatHasNoSource(written) {
  for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const output = path.relative(dist, path.join(entry.parentPath ?? entry.path, entry.name));
    if (written.includes(output)) continue;
    const stem = output.replace(/(\.d)?\.ts(\.map)?$|\.c?js(\.map)?$/, '');
    if (!existsSync(path.join(lib, `${stem}.ts`))) rmSync(path.join(dist, output));
  }
}

compile();
const transform = { define: { 'import.meta.url': ownUrl } };
dropWhatHasNoSource([
  ...(await bundle(library, {
    codeSplitting: parts,
    ...fileNames,
    plugins: [loaderOutside, partsLoaded],
    transform,
  })),
  ...(await bundle(loader, {
    codeSplitting: false,
    ...fileNames,
    plugins: [partsLoaded],
    transform,
  })),
  ...(await bundle(tool, { codeSplitting: false })),
]);
