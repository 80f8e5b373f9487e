import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { Event, Queue } from '../dist/index.js';
import { own } from './helpers/owned.js';

const program = fileURLToPath(new URL('fixtures/limits-crowd.mjs', import.meta.url));
const children: { kill(signal: 'SIGKILL'): boolean }[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function start(what: Readonly<Record<string, unknown>>): Promise<number | null> {
  const child = spawn(process.execPath, [program, JSON.stringify(what)], { stdio: 'inherit' });
  children.push(child);
  return new Promise((resolve) => child.once('close', resolve));
}

describe('64 processes on one queue', () => {
  it('put and take each item once, in each producer’s order', async () => {
    const half = 32;
    const count = 200;
    const queue = own(new Queue({ capacity: 16_384 }));
    const answers = own(new Queue<[number, number][]>({ capacity: 4 << 20 }));
    const gate = own(new Event());
    const common = { queue, gate, answers, count };
    const ids = Array.from({ length: half }, (_, id) => id);
    const consumers = ids.map((id) => start({ ...common, role: 'take', id }));
    const producers = ids.map((id) => start({ ...common, role: 'put', id }));
    gate.set();
    expect(await Promise.all(producers)).toEqual(ids.map(() => 0));
    queue.shutdown();
    expect(await Promise.all(consumers)).toEqual(ids.map(() => 0));
    const times = ids.map(() => new Array<number>(count).fill(0));
    for (const _ of ids) {
      const last = ids.map(() => -1);
      for (const [id, n] of answers.getNowait()) {
        expect(n).toBeGreaterThan(last[id]!);
        last[id] = n;
        times[id]![n]!++;
      }
    }
    expect(times.flat().filter((time) => time === 1).length).toBe(half * count);
  });
});
