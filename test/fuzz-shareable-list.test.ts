import { describe, expect, it } from 'vitest';
import { CorruptSegmentError } from '../dist/errors.js';
import { encodeValue, ListLayout, type ShareableValue } from '../dist/memory/list-layout.js';
import { pick, type Random, randomString } from './helpers/codec-random.js';
import { damaged, fuzzed, fuzzTimeout } from './helpers/fuzz.js';

function randomItem(random: Random): ShareableValue {
  return pick<() => ShareableValue>(random, [
    () => Math.floor(random() * 1000),
    () => random() * 1e9,
    () => BigInt(Math.floor(random() * 2 ** 53)) << 10n,
    () => random() < 0.5,
    () => null,
    () => randomString(random).replace(/\p{Surrogate}/gu, '?'),
    () => Buffer.alloc(Math.floor(random() * 40), Math.floor(random() * 3)),
  ])();
}

function randomList(random: Random): Uint8Array {
  const values = Array.from({ length: Math.floor(random() * 8) }, () => randomItem(random));
  return ListLayout.bytesOf(values.map((value) => encodeValue(value, 'value')));
}

/** Whether the call ended in one of these errors. Any other is thrown on. */
function refused(call: () => void, ...errors: (new (...of: never[]) => Error)[]): boolean {
  try {
    call();
    return false;
  } catch (error) {
    if (errors.some((one) => error instanceof one)) return true;
    throw error;
  }
}

const integers = [0n, 1n, 7n, 8n, -1n, -8n, 1n << 32n, (1n << 63n) - 1n, -(1n << 63n), 1n << 40n];

/** Other numbers where the layout has its numbers: bytes of chance seldom make any that could be true. */
function renumber(random: Random, memory: Uint8Array): void {
  const view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
  const words = Math.min(10, Math.floor(memory.length / 8));
  if (words === 0) return;
  const at = 8 * Math.floor(random() * words);
  const near = view.getBigInt64(at, true) + BigInt(Math.floor(random() * 33) - 16);
  view.setBigInt64(at, random() < 0.5 ? BigInt.asIntN(64, near) : pick(random, integers), true);
}

describe('a shareable list', () => {
  it('of any bytes gives values or CorruptSegmentError, and touches nothing outside them', {
    timeout: fuzzTimeout,
  }, () => {
    let opened = 0;
    let corrupt = 0;
    fuzzed(20_000, (random) => {
      const list =
        random() < 0.5
          ? randomList(random)
          : damaged(random, randomList(random), randomList(random));
      const around = new Uint8Array(list.length + 64).fill(0xa5);
      const memory = around.subarray(32, 32 + list.length);
      memory.set(list);
      if (random() < 0.7) renumber(random, memory);
      let layout: ListLayout | undefined;
      if (refused(() => (layout = new ListLayout(memory, 'a list')), CorruptSegmentError))
        corrupt++;
      if (layout === undefined) return;
      opened++;
      if (layout.length * 17 + 16 > memory.length) throw new Error('more values than bytes');
      // Its places were checked once: what is written over them afterwards changes no address.
      if (random() < 0.5) renumber(random, memory);
      if (random() < 0.5) memory[Math.floor(random() * memory.length)] = Math.floor(random() * 256);
      const { length } = layout;
      for (let index = 0; index < length; index++) {
        if (refused(() => layout?.read(index), CorruptSegmentError)) corrupt++;
      }
      for (let index = 0; index < length; index++) {
        const value = encodeValue(randomItem(random), 'value');
        refused(() => layout?.write(index, value, 'value'), RangeError);
      }
      const outside = [...around.subarray(0, 32), ...around.subarray(32 + list.length)];
      if (outside.some((byte) => byte !== 0xa5)) throw new Error('bytes outside were written');
    });
    expect(Math.min(opened, corrupt)).toBeGreaterThan(1000);
  });

  it('refuses a text that is said to be longer than its place', () => {
    const memory = ListLayout.bytesOf(['abc', 'def'].map((value) => encodeValue(value, 'value')));
    const layout = new ListLayout(memory, 'a list');
    const format = Buffer.from(memory).indexOf('s\0');
    memory.set(Buffer.from('999s'), format - 1);
    expect(() => layout.read(0)).toThrow(CorruptSegmentError);
    expect(layout.read(1)).toBe('def');
  });
});
