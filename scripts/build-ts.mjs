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

/** What starts as a program of its own, or is imported by one. */
const entries = {
  index: 'lib/index.ts',
  bootstrap: 'lib/process/bootstrap.ts',
  worker: 'lib/pool/worker.ts',
  'check/check-segment': 'lib/check/check-segment.ts',
  'manager-server': 'lib/manager/manager-server.ts',
  cli: 'lib/cli/main.ts',
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
async function bundle() {
  const build = await rolldown({
    input: entries,
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
dropWhatHasNoSource(await bundle());
