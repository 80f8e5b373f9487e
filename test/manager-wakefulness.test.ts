// How long a server's event loop stays awake for the next call, by a clock and a loop that the tests turn by hand.
import { deepStrictEqual, rejects, strictEqual } from 'node:assert';
import { afterEach, beforeEach, describe, it, vi } from 'vitest';
import { binding } from '../dist/addon.js';
import { Wakefulness } from '../dist/manager/wakefulness.js';

/** Milliseconds that it stays awake at the most; nothing where nobody polls: one processor, or `INTERPROC_POLL=0`. */
const moment = Math.min(0.15, binding.longestPoll() / 1000);

let clock = 0;
/** What the event loop has to do in its next turn. */
let immediates: (() => void)[] = [];

beforeEach(() => {
  clock = 1_000;
  immediates = [];
  vi.spyOn(performance, 'now').mockImplementation(() => clock);
  vi.spyOn(globalThis, 'setImmediate').mockImplementation(((act: () => void) => {
    immediates.push(act);
  }) as unknown as typeof setImmediate);
});
afterEach(() => {
  vi.restoreAllMocks();
});

function turn(): void {
  for (const act of immediates.splice(0)) act();
}

/** One message, `quiet` milliseconds after the server began to wait for it; whether it stayed awake at the beginning, and at the end. */
async function message(wakefulness: Wakefulness, quiet: number): Promise<[boolean, boolean]> {
  let arrive: (text: string) => void = () => undefined;
  const coming = new Promise<string>((resolve) => {
    arrive = resolve;
  });
  const got = wakefulness.during(() => coming);
  const first = immediates.length > 0;
  clock += quiet;
  turn();
  const last = immediates.length > 0;
  arrive('a call');
  strictEqual(await got, 'a call');
  turn();
  deepStrictEqual(immediates, []);
  return [first, last];
}

describe('wakefulness', () => {
  it('gives what comes, and fails as it fails', async () => {
    const wakefulness = new Wakefulness();
    strictEqual(await wakefulness.during(() => Promise.resolve(7)), 7);
    await rejects(
      wakefulness.during(() => Promise.reject(new Error('closed'))),
      /closed/,
    );
    turn();
    turn();
    deepStrictEqual(immediates, []);
  });
});

describe.skipIf(moment === 0)('wakefulness where polling is allowed', () => {
  it('keeps the loop turning until the message came, and from then on no more', async () => {
    const wakefulness = new Wakefulness();
    for (let count = 0; count < 5; count++)
      deepStrictEqual(await message(wakefulness, moment / 2), [true, true]);
  });

  it('ends after a moment in which nothing came', async () => {
    const wakefulness = new Wakefulness();
    deepStrictEqual(await message(wakefulness, moment), [true, false]);
  });

  it('tries again only after twice as many messages each time, and for 1,024 at the most', async () => {
    const wakefulness = new Wakefulness();
    const tried: number[] = [];
    for (let count = 1; count < 4_000; count++) {
      const [awake] = await message(wakefulness, moment);
      if (awake) tried.push(count);
    }
    const gaps = tried.slice(1).map((count, index) => count - (tried[index] as number) - 1);
    deepStrictEqual(gaps, [1, 3, 7, 15, 31, 63, 127, 255, 511, 1_023, 1_024]);
  });

  it('tries for every message again once one came in time', async () => {
    const wakefulness = new Wakefulness();
    for (let count = 0; count < 3; count++) await message(wakefulness, moment);
    const seen: boolean[] = [];
    for (let count = 0; count < 8; count++) {
      const [awake] = await message(wakefulness, moment / 2);
      seen.push(awake);
    }
    deepStrictEqual(seen, [false, false, false, true, true, true, true, true]);
  });
});

describe.runIf(moment === 0)('wakefulness where nobody polls', () => {
  it('never keeps the loop turning', async () => {
    deepStrictEqual(await message(new Wakefulness(), 0), [false, false]);
  });
});
