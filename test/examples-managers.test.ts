import { describe, expect, it } from 'vitest';
import { type Ended, runExample } from './helpers/run-example.js';

async function runWell(file: string): Promise<Ended> {
  const ended = await runExample(`managers/${file}`);
  expect(ended.err).toBe('');
  expect(ended.code).toBe(0);
  expect(ended.left).toEqual([]);
  return ended;
}

describe('the examples of managers', () => {
  it('share a dictionary between three services', async () => {
    const { lines } = await runWell('shared-dictionary.mjs');
    expect(lines.slice(0, 3)).toEqual(
      ['warehouse', 'accounts', 'shop'].map((name) => `${name} ended with exit code 0`),
    );
    // The services write in any order.
    expect(lines.slice(3).sort()).toEqual([
      'apples in stock: 12',
      'offer apples: 12 at 0.4 each',
      'pears in stock: 0',
      'price of apples: 0.4',
      'price of pears: 0.5',
    ]);
  });

  it('keep accounts in a class of their own', async () => {
    const { lines } = await runWell('custom-manager.mjs');
    expect(lines).toEqual([
      'after 300 deposits: 300',
      'RangeError: There are only 300',
      'thrown in withdraw: true',
      '_reset is undefined',
      'another account: 6',
      'the history adds up to 300',
    ]);
  });

  it('pass tasks to another host over TLS', async () => {
    const { lines } = await runWell('remote-queue/main.mjs');
    expect(lines[0]).toMatch(/^two hosts: (two network namespaces|this machine, twice)$/);
    expect(lines.filter((line) => line.startsWith('worker: '))).toEqual(
      [1, 2, 3].map((n) => `worker: took task ${n}`),
    );
    expect(lines.filter((line) => line.startsWith('server: '))).toEqual(
      [1, 2, 3].map((n) => `server: task ${n} has the length ${n}`),
    );
    expect(lines.at(-1)).toBe('exit codes 0 0');
  });
});
