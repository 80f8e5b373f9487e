import { strictEqual } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, it, onTestFinished } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const program = fileURLToPath(new URL('fixtures/two-copies.mjs', import.meta.url));

/** The library once more, as a bundler or a test runner that loads modules anew has it: other JavaScript, the same addon. */
function copyOfLibrary(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'copy-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  cpSync(path.join(root, 'dist'), path.join(folder, 'dist'), { recursive: true });
  for (const name of ['build', 'node_modules', 'package.json', 'prebuilds'])
    symlinkSync(path.join(root, name), path.join(folder, name));
  return pathToFileURL(path.join(folder, 'dist/index.js')).href;
}

describe('two copies of the library in one thread', () => {
  it('send and receive beside each other, and to each other', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [program, copyOfLibrary()]);
    strictEqual(stdout, 'all right\n');
  });
});
