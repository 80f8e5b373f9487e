import { describe, expect, it } from 'vitest';
import { Observer } from '../dist/cli/top.js';

type Seen = Parameters<Observer['observe']>[0][number];

const modulus = 2 ** 28;

/** A look at one queue: what `top` compares. */
function look(put: number, taken: number, more: object = {}): Seen {
  const channel = { name: 'items', put, taken, modulus };
  return {
    path: '/dev/shm/interproc.q',
    createdAt: '2026-01-01T00:00:00.000Z',
    owner: 0,
    locks: [],
    channels: [channel],
    ...more,
  } as unknown as Seen;
}

function rates(observer: Observer, object: Seen, now: number): (number | null | undefined)[] {
  const [one] = observer.observe([object], now);
  return [one?.putsPerSecond, one?.getsPerSecond];
}

describe('the rates that top shows', () => {
  it('are of the time between two looks, and null at the first', () => {
    const observer = new Observer();
    expect(rates(observer, look(10, 4), 1000)).toEqual([null, null]);
    expect(rates(observer, look(30, 5), 3000)).toEqual([10, 0.5]);
    expect(rates(observer, look(30, 5), 4000)).toEqual([0, 0]);
  });

  it('go on where a counter wraps', () => {
    const observer = new Observer();
    rates(observer, look(modulus - 5, modulus - 1), 0);
    expect(rates(observer, look(5, 1), 1000)).toEqual([10, 2]);
  });

  it('begin anew with another object of the same name, and after one was gone', () => {
    const observer = new Observer();
    rates(observer, look(10, 4), 0);
    const other = look(30, 5, { createdAt: '2026-01-02T00:00:00.000Z' });
    expect(rates(observer, other, 1000)).toEqual([null, null]);
    observer.observe([], 2000);
    expect(rates(observer, other, 3000)).toEqual([null, null]);
  });

  it('are null for what has no messages, and both ways of a pipe together', () => {
    const observer = new Observer();
    const lock = look(0, 0, { channels: [] });
    rates(observer, lock, 0);
    expect(rates(observer, lock, 1000)).toEqual([null, null]);
    const ways = (put: number) =>
      look(0, 0, { path: 'p', channels: [1, 2].map(() => ({ put, taken: put / 2, modulus })) });
    rates(observer, ways(0), 0);
    expect(rates(observer, ways(10), 1000)).toEqual([20, 10]);
  });
});

describe('a lock that does not say since when it is held', () => {
  it('is held since top first saw it so, by the same holder', () => {
    const observer = new Observer();
    const held = (pid: number) =>
      look(0, 0, {
        locks: [{ role: 'put lock', holder: { slot: 1, pid, alive: true }, heldMs: null }],
      });
    const free = look(0, 0, { locks: [{ role: 'put lock', holder: null, heldMs: null }] });
    const shown = (object: Seen, now: number) =>
      observer.observe([object], now)[0]?.object.locks[0]?.heldMs;
    expect(shown(held(5), 1000)).toBe(0);
    expect(shown(held(5), 3500)).toBe(2500);
    expect(shown(held(6), 4000)).toBe(0);
    expect(shown(free, 5000)).toBe(null);
    expect(shown(held(6), 6000)).toBe(0);
  });
});
