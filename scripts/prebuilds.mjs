// Builds the addon into prebuilds/: node scripts/prebuilds.mjs [x64 | arm64 ...]
// Without an architecture, for this machine's; for another one with cmake/'s toolchain file.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch as host } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const prebuildify = createRequire(import.meta.url).resolve('prebuildify/bin.js');
const triplets = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' };

for (const arch of process.argv.length > 2 ? process.argv.slice(2) : [host()]) {
  const triplet = triplets[arch];
  const options = ['--napi', '--strip', '--tag-libc', '--arch', arch];
  // The addon is built by cmake-js beforehand; prebuildify's own call of node-gyp does nothing.
  options.push('--preinstall', 'node scripts/build-native.mjs', '--node-gyp', 'true');
  const env = { ...process.env };
  if (arch !== host()) {
    if (!triplet) throw new RangeError(`no toolchain file for ${arch}`);
    env.INTERPROC_TOOLCHAIN = path.join(root, 'cmake', `${triplet}.cmake`);
    options.push('--strip-bin', `${triplet}-strip`);
  }
  rmSync(path.join(root, 'prebuilds', `${process.platform}-${arch}`), {
    recursive: true,
    force: true,
  });
  const { status, error } = spawnSync(process.execPath, [prebuildify, ...options], {
    cwd: root,
    stdio: 'inherit',
    env,
  });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
  placeLibrary(arch, triplet);
}

/** The C interface, for other languages, beside the addon. One file: a package keeps no symbolic links. */
function placeLibrary(arch, triplet) {
  const strip = arch === host() ? 'strip' : `${triplet}-strip`;
  const from = path.join(root, 'build', 'Release', 'libinterproc.so');
  const folder = path.join(root, 'prebuilds', `${process.platform}-${arch}`);
  // prebuildify takes every library along, under the name that only linkers look for.
  rmSync(path.join(folder, 'libinterproc.so'), { force: true });
  const to = path.join(folder, 'libinterproc.so.1');
  const { status, error } = spawnSync(strip, ['--strip-unneeded', '-o', to, from], {
    stdio: 'inherit',
  });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}
