// What nobody on this machine can be faster than: C++ alone, two processes where it says so.
import { limitOf } from './contenders/limits.mjs';
import { contest } from './harness/contest.mjs';
import { outcome, together } from './harness/outcome.mjs';

const trips = () => [
  limitOf('cache line to another process and back', 'trip', 'line'),
  limitOf('64 bytes through our ring and back, spinning', 'trip', 'ring-trip', 64),
  limitOf('futex: wake a sleeper and be woken', 'trip', 'futex'),
];
const rates = () => [
  limitOf('our ring, 64 bytes, published one by one', 'rate', 'ring', 64, 1),
  limitOf('our ring, 64 bytes, published by 100', 'rate', 'ring', 64, 100),
  limitOf('our ring, 32 bytes, published by 100', 'rate', 'ring', 32, 100),
  limitOf('fetch_add, one process', 'rate', 'add'),
  limitOf('fetch_add, two processes', 'rate', 'adds'),
];
const copies = () => [
  limitOf('memcpy of 64 bytes', 'copied', 'memcpy', 64),
  limitOf('memcpy of 64 KiB', 'copied', 'memcpy', 1 << 16),
  limitOf('memcpy of 1 MiB', 'copied', 'memcpy', 1 << 20),
  limitOf('memcpy of 64 MiB', 'copied', 'memcpy', 1 << 26),
];

const measures = {
  trip: { key: 'trip', title: 'there and back', unit: 'µs', better: 'lower' },
  rate: { key: 'rate', title: 'rate', unit: '1/s', better: 'higher' },
  copied: { key: 'copied', title: 'copying', unit: 'B/s', better: 'higher' },
};

export const title = 'Limits of this machine, in C++';

export async function ask({ pick }) {
  const parts = [];
  for (const [key, contenders] of Object.entries({
    trip: trips(),
    rate: rates(),
    copied: copies(),
  })) {
    const results = await contest(contenders, {
      rounds: pick(7, 2, 1),
      message: { limitMs: pick(200, 30, 5) },
    });
    parts.push(outcome(contenders, results, [measures[key]], []));
  }
  return together(...parts);
}
