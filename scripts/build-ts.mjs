// Compiles lib/ to dist/, and drops from dist/ what has no source any more.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

const root = fileURLToPath(new URL('..', import.meta.url));
const lib = path.join(root, 'lib');
const dist = path.join(root, 'dist');
const tsc = createRequire(import.meta.url).resolve('typescript/lib/tsc.js');

const { status, error } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});
if (error) throw error;

if (status === 0) {
  for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const output = path.join(entry.parentPath ?? entry.path, entry.name);
    const stem = path.relative(dist, output).replace(/(\.d)?\.ts(\.map)?$|\.js(\.map)?$/, '');
    if (!existsSync(path.join(lib, `${stem}.ts`))) rmSync(output);
  }
}
process.exitCode = status ?? 1;
