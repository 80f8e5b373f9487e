// Removes everything that a build makes.
import { rmSync } from 'node:fs';

for (const name of ['build', 'dist', 'prebuilds', 'python/build']) {
  rmSync(new URL(`../${name}`, import.meta.url), { recursive: true, force: true });
}
