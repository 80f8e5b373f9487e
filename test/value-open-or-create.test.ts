import { strictEqual } from 'node:assert';
import { describe, expect, it } from 'vitest';
import { c_int, Lock, SharedArray, struct, Value } from '../dist/index.js';
import { failure, nameFor, pathOf, present } from './helpers/segments.js';

describe('Value.openOrCreate', () => {
  it('creates once, and opens then without changing the value', () => {
    const name = nameFor('value');
    using first = Value.openOrCreate(name, 'i', 5);
    using second = Value.openOrCreate(name, 'i', 9);
    strictEqual(second.value, 5);
    second.value = 6;
    strictEqual(first.value, 6);
    using third = Value.openOrCreate(name, c_int);
    strictEqual(third.value, 6);
  });

  it('takes l and q, L and Q for two names of one type, in either order, and no others', () => {
    for (const [one, other, wrong] of [
      ['l', 'q', 'Q'],
      ['L', 'Q', 'q'],
    ] as const) {
      for (const [written, asked] of [
        [one, other],
        [other, one],
      ] as const) {
        const name = nameFor('long');
        using value = new Value(written, 5n, { name });
        using again = Value.openOrCreate(name, asked);
        strictEqual(again.value, 5n);
        const refused = failure(() => Value.openOrCreate(name, wrong));
        strictEqual(refused['code'], 'ERR_OPTIONS_MISMATCH');
        expect(refused.message).toContain(`'${written}'`);
        strictEqual(failure(() => Value.openOrCreate(name, 'd'))['code'], 'ERR_OPTIONS_MISMATCH');
        value.close();
        const arrayName = nameFor('longs');
        using array = new SharedArray(written, [1n, 2n], { name: arrayName });
        using same = SharedArray.openOrCreate(arrayName, asked, 2);
        strictEqual(same[1], array[1]);
      }
    }
    const name = nameFor('char');
    using _ = new Value('c', Buffer.from('x'), { name });
    strictEqual(failure(() => Value.openOrCreate(name, 'b'))['code'], 'ERR_OPTIONS_MISMATCH');
  });

  it('refuses every option that contradicts what exists, and says which', () => {
    const name = nameFor('value');
    using value = new Value('i', 1, { name, mode: 0o600 });
    const contradictions: [option: string, call: () => unknown][] = [
      ['type', () => Value.openOrCreate(name, 'I')],
      ['type', () => Value.openOrCreate(name, struct({ x: c_int }))],
      ['persist', () => Value.openOrCreate(name, 'i', 0, { persist: true })],
      ['mode', () => Value.openOrCreate(name, 'i', 0, { mode: 0o640 })],
      ['lock', () => Value.openOrCreate(name, 'i', 0, { lock: false })],
    ];
    for (const [option, call] of contradictions) {
      const error = failure(call);
      strictEqual(error['code'], 'ERR_OPTIONS_MISMATCH');
      expect(error.message).toMatch(new RegExp(`${name}.*${option}`));
    }
    using agreed = Value.openOrCreate(name, 'i', 0, { persist: false, mode: 0o600, lock: true });
    strictEqual(agreed.value, 1);
    strictEqual(value.value, 1);
  });

  it('reads its arguments before it looks, whether it exists or not', () => {
    const name = nameFor('value');
    for (const exists of [false, true]) {
      using _ = exists ? new Value('B', 1, { name }) : undefined;
      const wrong: [code: string, call: () => unknown][] = [
        ['ERR_OUT_OF_RANGE', () => Value.openOrCreate(name, 'B', 300)],
        ['ERR_INVALID_ARG_TYPE', () => Value.openOrCreate(name, 'B', 'x' as never)],
        ['ERR_OUT_OF_RANGE', () => Value.openOrCreate(name, 'X' as never)],
        ['ERR_INVALID_ARG_TYPE', () => Value.openOrCreate(name, 'B', 1, { mode: '600' as never })],
        ['ERR_INVALID_ARG_TYPE', () => Value.openOrCreate(name, 'B', 1, { persist: 1 as never })],
        ['ERR_INVALID_ARG_TYPE', () => Value.openOrCreate(name, 'B', 1, { lock: 'x' as never })],
        ['ERR_UNKNOWN_OPTION', () => Value.openOrCreate(name, 'B', 1, { lok: true } as never)],
      ];
      for (const [code, call] of wrong) strictEqual(failure(call)['code'], code);
      strictEqual(present(name), exists);
    }
  });
});

describe('SharedArray.openOrCreate', () => {
  it('creates once, and opens then without changing the elements', () => {
    const name = nameFor('array');
    using first = SharedArray.openOrCreate(name, 'i', [1, 2, 3]);
    using second = SharedArray.openOrCreate(name, 'i', 3);
    using third = SharedArray.openOrCreate(name, 'i', [9, 9, 9]);
    strictEqual(second.join(), '1,2,3');
    third[0] = 7;
    strictEqual(first[0], 7);
  });

  it('refuses every option that contradicts what exists', () => {
    const name = nameFor('array');
    using lock = new Lock();
    using other = new Lock();
    using array = new SharedArray('d', 2, { name, lock });
    const contradictions: [option: string, call: () => unknown][] = [
      ['type', () => SharedArray.openOrCreate(name, 'f', 2)],
      ['length', () => SharedArray.openOrCreate(name, 'd', 3)],
      ['length', () => SharedArray.openOrCreate(name, 'd', [1])],
      ['persist', () => SharedArray.openOrCreate(name, 'd', 2, { persist: true })],
      ['mode', () => SharedArray.openOrCreate(name, 'd', 2, { mode: 0o644 })],
      ['lock', () => SharedArray.openOrCreate(name, 'd', 2, { lock: true })],
      ['lock', () => SharedArray.openOrCreate(name, 'd', 2, { lock: other })],
    ];
    for (const [option, call] of contradictions) {
      const error = failure(call);
      strictEqual(error['code'], 'ERR_OPTIONS_MISMATCH');
      expect(error.message).toMatch(new RegExp(option));
    }
    using agreed = SharedArray.openOrCreate(name, 'd', 2, { lock });
    strictEqual(agreed.length, array.length);
  });

  it('leaves another kind of object of that name alone', () => {
    const name = nameFor('kind');
    using value = new Value('i', 4, { name });
    const error = failure(() => SharedArray.openOrCreate(name, 'i', 1));
    strictEqual(error['code'], 'ERR_LAYOUT_MISMATCH');
    expect(error.message).toContain(name);
    strictEqual(value.value, 4);
    strictEqual(present(name), true);
    strictEqual(pathOf(name).startsWith('/dev/shm/'), true);
  });
});
