import { deepStrictEqual, strictEqual } from 'node:assert';
import { describe, expect, it } from 'vitest';
import {
  checkName,
  checkOptions,
  readBoolean,
  readInteger,
  readMode,
  readSyncWait,
  readWait,
  uniqueName,
} from '../dist/options.js';

const code = (expected: string) => expect.objectContaining({ code: expected });

describe('the options of a wait', () => {
  it('wait for ever unless they say otherwise', () => {
    for (const options of [
      undefined,
      {},
      { timeout: undefined },
      { timeout: Infinity },
      { block: true },
      { signal: undefined },
    ]) {
      strictEqual(readWait(options, 'get').timeout, Infinity);
    }
  });

  it('try once for zero, a negative time or block: false', () => {
    for (const options of [
      { timeout: 0 },
      { timeout: -0 },
      { timeout: -5 },
      { timeout: -Infinity },
      { block: false },
      { block: false, timeout: 500 },
      { block: false, timeout: Infinity },
    ]) {
      strictEqual(Object.is(readWait(options, 'get').timeout, 0), true);
    }
  });

  it('keep a time in milliseconds, fractions too', () => {
    for (const timeout of [1, 0.5, 1e9, Number.MAX_VALUE])
      strictEqual(readWait({ timeout }, 'get').timeout, timeout);
    strictEqual(readWait({ block: true, timeout: 7 }, 'get').timeout, 7);
  });

  it('are a TypeError where a time is no number, even with block: false', () => {
    for (const timeout of [Number.NaN, '5', null, 5n, {}, true]) {
      expect(() => readWait({ timeout }, 'get')).toThrow(code('ERR_INVALID_ARG_TYPE'));
      expect(() => readWait({ timeout, block: false }, 'get')).toThrow(TypeError);
    }
    for (const block of [0, 1, 'false', null])
      expect(() => readWait({ block }, 'get')).toThrow(code('ERR_INVALID_ARG_TYPE'));
  });

  it('are a TypeError where they are no object', () => {
    for (const options of [null, 5, 'x', true, [], () => 1])
      expect(() => readWait(options, 'get')).toThrow(code('ERR_INVALID_ARG_TYPE'));
  });

  it('refuse a misspelt name and suggest the right one', () => {
    expect(() => readWait({ timout: 5 }, 'get')).toThrow(code('ERR_UNKNOWN_OPTION'));
    expect(() => readWait({ timout: 5 }, 'get')).toThrow(/'timeout'/);
    expect(() => readWait({ priority: 5 }, 'get')).toThrow(code('ERR_UNKNOWN_OPTION'));
    strictEqual(readWait({ priority: 5 }, 'put', ['priority']).timeout, Infinity);
  });

  it('give the signal as it is, aborted or not', () => {
    const { signal } = new AbortController();
    strictEqual(readWait({ signal }, 'get').signal, signal);
    const aborted = AbortSignal.abort();
    deepStrictEqual(readWait({ signal: aborted, timeout: 3 }, 'get'), {
      timeout: 3,
      signal: aborted,
    });
    for (const wrong of [null, {}, 'x', { aborted: false }, new EventTarget()]) {
      expect(() => readWait({ signal: wrong }, 'get')).toThrow(code('ERR_INVALID_ARG_TYPE'));
    }
  });

  it('refuse a signal where the thread blocks', () => {
    expect(() => readSyncWait({ signal: AbortSignal.abort() }, 'getSync')).toThrow(
      code('ERR_INVALID_ARG_TYPE'),
    );
    strictEqual(readSyncWait({ timeout: 5, signal: undefined }, 'getSync').timeout, 5);
    strictEqual(readSyncWait(undefined, 'getSync').timeout, Infinity);
  });
});

describe('other options', () => {
  it('are given as they are where all are known', () => {
    const options = { a: 1, b: undefined };
    strictEqual(checkOptions(options, ['a', 'b'], 'X'), options);
    deepStrictEqual(checkOptions(undefined, ['a'], 'X'), {});
    expect(() => checkOptions({ c: undefined }, ['a'], 'X')).toThrow(/'c' of X/);
    expect(() => checkOptions({ toString: 1 }, ['a'], 'X')).toThrow(code('ERR_UNKNOWN_OPTION'));
  });

  it('hold names of 1 to 200 plain characters', () => {
    for (const name of ['a', 'A.b_c-9', 'x'.repeat(200), '...']) strictEqual(checkName(name), name);
    for (const name of ['', '.', '..', 'a/b', 'a b', 'é', 'x'.repeat(201), 'a\0', 'a\n'])
      expect(() => checkName(name)).toThrow(code('ERR_OUT_OF_RANGE'));
    for (const name of [undefined, null, 5, {}, ['a']])
      expect(() => checkName(name)).toThrow(code('ERR_INVALID_ARG_TYPE'));
  });

  it('have unique names that are short and allowed', () => {
    const names = new Set(Array.from({ length: 10_000 }, uniqueName));
    strictEqual(names.size, 10_000);
    for (const name of names) {
      strictEqual(checkName(name), name);
      expect(name.length).toBeLessThanOrEqual(12);
    }
  });

  it('hold integers within bounds', () => {
    strictEqual(readInteger(5, 'n', 0, 5), 5);
    for (const n of [-1, 6, 0.5, Number.NaN, Infinity])
      expect(() => readInteger(n, 'n', 0, 5)).toThrow(code('ERR_OUT_OF_RANGE'));
    for (const n of ['5', null, undefined, 5n])
      expect(() => readInteger(n, 'n', 0, 5)).toThrow(code('ERR_INVALID_ARG_TYPE'));
  });

  it('hold modes and booleans', () => {
    strictEqual(readMode(undefined), 0o600);
    strictEqual(readMode(0o666), 0o666);
    expect(() => readMode(0o1000)).toThrow(code('ERR_OUT_OF_RANGE'));
    expect(() => readMode('600')).toThrow(code('ERR_INVALID_ARG_TYPE'));
    strictEqual(readBoolean(undefined, 'b', true), true);
    strictEqual(readBoolean(false, 'b', true), false);
    expect(() => readBoolean(1, 'b', true)).toThrow(code('ERR_INVALID_ARG_TYPE'));
  });
});
