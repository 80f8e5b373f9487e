// Refuses to pack a release whose addon is missing or older than its sources.
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

function files(folder) {
  return readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));
}

function changed(file) {
  return statSync(file).mtimeMs;
}

function prebuilds() {
  try {
    return files('prebuilds').filter((file) => file.endsWith('.node'));
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}

const built = prebuilds();
const sources = ['native/core', 'native/include', 'native/addon', 'cmake'].flatMap(files);
const newest = Math.max(...sources.map(changed), changed(path.join(root, 'CMakeLists.txt')));
const stale = built.filter((file) => changed(file) < newest);

if (built.length === 0 || stale.length > 0) {
  const problem =
    built.length === 0
      ? 'there are none'
      : `older than the sources: ${stale.map((file) => path.relative(root, file)).join(', ')}`;
  console.error(`prebuilds/: ${problem}; run npm run prebuilds before packing`);
  process.exitCode = 1;
}
