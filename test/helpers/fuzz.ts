import { randomInt } from 'node:crypto';
import { pick, type Random, randomFrom } from './codec-random.js';

const seconds = Number(process.env['INTERPROC_FUZZ_SECONDS'] ?? 0);

/** How long a test of `fuzzed` may take. */
export const fuzzTimeout = seconds * 1000 + 60_000;

/**
 * Runs `body` with as many inputs as said, the same ones each time; under `npm run fuzz -- --seconds N` others, for that long.
 * What `body` throws is told with the seed that makes it again.
 */
export function fuzzed(rounds: number, body: (random: Random) => void): void {
  const until = performance.now() + seconds * 1000;
  const first = seconds > 0 ? randomInt(2 ** 31) : 1;
  for (let round = 0; seconds > 0 ? performance.now() < until : round < rounds; round++) {
    try {
      body(randomFrom(first + round));
    } catch (cause) {
      throw new Error(`the input of seed ${first + round} breaks it: ${String(cause)}`, { cause });
    }
  }
}

const nasty = [0, 1, 0x7f, 0x80, 0x90, 0xc0, 0xc1, 0xc7, 0xc9, 0xd4, 0xdb, 0xdd, 0xdf, 0xff];

/** The bytes with some damage: other bytes, parts left out, doubled, swapped or taken from `other`, or cut off. */
export function damaged(random: Random, bytes: Uint8Array, other: Uint8Array): Buffer {
  let result = Buffer.from(bytes);
  const at = () => Math.floor(random() * (result.length + 1));
  for (let i = 1 + Math.floor(random() * 4); i > 0; i--) {
    const [from, to] = [at(), at()].sort((a, b) => a - b) as [number, number];
    const part = result.subarray(from, Math.min(to, from + 64));
    switch (Math.floor(random() * 7)) {
      case 0:
        if (from < result.length) result[from] = pick(random, nasty);
        break;
      case 1:
        if (from < result.length) result[from] = Math.floor(random() * 256);
        break;
      case 2:
        if (from < result.length) result[from] = (result[from] as number) ^ (1 << (random() * 8));
        break;
      case 3:
        result = Buffer.concat([result.subarray(0, from), result.subarray(from + part.length)]);
        break;
      case 4:
        result = Buffer.concat([result.subarray(0, to), part, result.subarray(to)]);
        break;
      case 5: {
        const start = Math.floor(random() * other.length);
        const insert = other.subarray(start, start + Math.floor(random() * 40));
        result = Buffer.concat([result.subarray(0, from), insert, result.subarray(from)]);
        break;
      }
      default:
        if (random() < 0.3) result = result.subarray(0, from);
    }
  }
  return Buffer.from(result);
}
