// Builds a preset of CMakePresets.json, for the C++ tests and the fuzzers.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Whether a command is there and succeeds. */
export function works(command, args = ['--version']) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    env: { CMAKE_BUILD_PARALLEL_LEVEL: String(availableParallelism()), ...process.env },
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: exit code ${status}`);
}

/** The clang that there is, unless CXX says otherwise. */
function clang() {
  return process.env.CXX ?? ['clang++-14', 'clang++'].find((name) => works(name));
}

/**
 * Configures and builds a preset in `build/<folder>`: `targets` of it, or all. `compiler`: 'clang' where it is there, 'only clang', or
 * 'any'. A folder keeps its compiler, and is made anew where the checkout has moved.
 */
export function buildPreset(preset, { folder, compiler = 'any', targets = [] }) {
  const cache = path.join(root, 'build', folder, 'CMakeCache.txt');
  const configure = ['--preset', preset];
  const isNew = !existsSync(cache);
  const moved =
    !isNew &&
    !readFileSync(cache, 'utf8').includes(`HOME_DIRECTORY:INTERNAL=${path.resolve(root)}\n`);
  if (moved) configure.push('--fresh');
  if (compiler !== 'any' && (isNew || moved)) {
    const found = clang();
    if (found !== undefined) configure.push(`-DCMAKE_CXX_COMPILER=${found}`);
    else if (compiler === 'only clang') throw new Error(`the preset ${preset} needs clang`);
  }
  run('cmake', configure);
  const chosen = targets.length > 0 ? ['--target', ...targets] : [];
  run('cmake', ['--build', '--preset', preset, ...chosen]);
}
