// Builds the addon into build/Release/interproc.node. What is up to date is left alone.
// INTERPROC_CRASH_ADDON=1 builds one with crash points, into build/native-crash/Release, for tests only.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

const root = fileURLToPath(new URL('..', import.meta.url));
const crash = process.env.INTERPROC_CRASH_ADDON === '1';
const build = path.join(root, 'build', crash ? 'native-crash' : '');
const toolchain = process.env.INTERPROC_TOOLCHAIN ?? '';

function cmakeJs() {
  try {
    const manifest = createRequire(path.join(root, 'package.json')).resolve(
      'cmake-js/package.json',
    );
    return path.join(
      path.dirname(manifest),
      JSON.parse(readFileSync(manifest, 'utf8')).bin['cmake-js'],
    );
  } catch (cause) {
    throw new Error(
      'cmake-js is not installed: npm install --no-save cmake-js@8 node-api-headers@1',
      { cause },
    );
  }
}

/** A cache made in another folder, or for another compiler, cannot be built upon. */
function cacheFits(cache) {
  const text = readFileSync(cache, 'utf8');
  const entry = (name) => text.match(new RegExp(`^${name}:[A-Z]+=(.*)$`, 'm'))?.[1] ?? '';
  return (
    path.resolve(entry('CMAKE_HOME_DIRECTORY')) === path.resolve(root) &&
    entry('CMAKE_TOOLCHAIN_FILE') === toolchain &&
    entry('CMAKE_JS_INC')
      .split(';')
      .every((folder) => existsSync(folder))
  );
}

/** Everything cmake-js made, but not the C++ tests' own folders beside it. */
function clean() {
  for (const name of readdirSync(build)) {
    if (!name.startsWith('native-')) rmSync(path.join(build, name), { recursive: true });
  }
}

const cache = path.join(build, 'CMakeCache.txt');
if (existsSync(cache) && !cacheFits(cache)) clean();

const args = [cmakeJs(), 'build', '--directory', root, '--out', build];
if (crash) args.push('--CDINTERPROC_CRASH_POINTS=ON');
if (toolchain) args.push(`--CDCMAKE_TOOLCHAIN_FILE=${toolchain}`);
if (!process.argv.includes('--verbose')) args.push('--log-level', 'warn');
const { status, error } = spawnSync(process.execPath, args, {
  cwd: root,
  stdio: 'inherit',
  env: { CMAKE_BUILD_PARALLEL_LEVEL: String(availableParallelism()), ...process.env },
});
if (error) throw error;
process.exitCode = status ?? 1;
