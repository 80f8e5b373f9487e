// Builds what a checkout lacks. Does nothing in an unpacked release, which is built already.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

const root = fileURLToPath(new URL('..', import.meta.url));
const here = (...parts) => existsSync(path.join(root, ...parts));

function installed(name) {
  try {
    createRequire(import.meta.url).resolve(`${name}/package.json`);
    return true;
  } catch {
    return false;
  }
}

function run(script) {
  const { status, error } = spawnSync(process.execPath, [path.join(root, 'scripts', script)], {
    cwd: root,
    stdio: 'inherit',
  });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

if (here('tsconfig.build.json') && here('lib')) {
  if (['cmake-js', 'typescript', 'rolldown'].every(installed)) {
    run('build-native.mjs');
    run('build-ts.mjs');
  } else {
    console.error('interproc: not built, the development dependencies are not installed (npm ci)');
  }
}
