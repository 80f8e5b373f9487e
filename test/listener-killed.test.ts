import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { start } from './helpers/segments.js';

/** A place of its own for the directories, which the programs of the test have in common. */
const folder = mkdtempSync(path.join(tmpdir(), 'listener-killed-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const options = { env: { TMPDIR: folder } };

const listening = `
  globalThis.listener = new ip.Listener();
  await listener.ready;
  console.log(listener.address);
  setInterval(() => {}, 1000);`;

async function listener() {
  const program = start(listening, options);
  onTestFinished(() => void program.child.kill('SIGKILL'));
  const address = await program.line();
  expect(existsSync(address)).toBe(true);
  const end = async () => {
    program.child.kill('SIGKILL');
    await program.finished;
  };
  return { address, directory: path.dirname(address), end };
}

describe('the directory of a listener that was killed', () => {
  it('goes when the next one is made; that of a live one, and what is not ours, stays', async () => {
    const killed = await listener();
    const alive = await listener();
    const strange = ['interproc-abcdef', 'interproc-1.2.3-abcdef', 'interproc-x.y-abcdef'];
    for (const name of strange) mkdirSync(path.join(folder, name));
    await killed.end();
    expect(existsSync(killed.directory)).toBe(true);
    // A link with the name of a dead one's directory: what it leads to is not touched.
    symlinkSync(path.join(folder, strange[0] as string), `${killed.directory.slice(0, -6)}qwerty`);

    const next = await listener();
    expect(existsSync(killed.directory)).toBe(false);
    for (const one of [alive, next]) expect(existsSync(one.address)).toBe(true);
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(strange));
    for (const one of [alive, next]) await one.end();
  });
});
