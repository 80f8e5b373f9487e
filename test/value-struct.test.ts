import { deepStrictEqual, strictEqual } from 'node:assert';
import { describe, expect, it } from 'vitest';
import {
  c_bool,
  c_char,
  c_double,
  c_int,
  c_longlong,
  c_wchar,
  struct,
  Value,
} from '../dist/index.js';
import { answerOf, failure } from './helpers/segments.js';

const point = struct({ x: c_int, y: c_double }, 'point');
const line = struct({ from: point, to: point, id: c_longlong });
const code = (expected: string) => expect.objectContaining({ code: expected });

describe('a value of a struct', () => {
  it('begins with zeros, or with all of its initial fields', () => {
    using zero = new Value(line);
    deepStrictEqual(JSON.parse(JSON.stringify(zero.value.from)), { x: 0, y: 0 });
    strictEqual(zero.value.id, 0n);
    using given = new Value(point, { x: 3, y: 0.5 });
    deepStrictEqual({ ...given.value }, { x: 3, y: 0.5 });
    using listed = new Value(point, [4, 1.5] as never);
    deepStrictEqual({ ...listed.value }, { x: 4, y: 1.5 });
  });

  it('is a live view: what one handle assigns, another sees at once', () => {
    using mine = new Value(line);
    using theirs = Value.open<typeof line>(mine.name);
    const seen = theirs.value;
    mine.value.to.x = 7;
    mine.value.id = 2n ** 62n;
    strictEqual(seen.to.x, 7);
    strictEqual(seen.id, 2n ** 62n);
    seen.from.y = -0.25;
    strictEqual(mine.value.from.y, -0.25);
  });

  it('can be assigned whole, nested structs too', () => {
    using value = new Value(line);
    const whole = { from: { x: 1, y: 2 }, to: { x: 3, y: 4 }, id: 5n };
    value.value = whole;
    deepStrictEqual({ ...value.value.to }, { x: 3, y: 4 });
    value.value.from = { x: -1, y: -2 };
    deepStrictEqual({ ...value.value.from }, { x: -1, y: -2 });
    // From itself, through another view of the same memory.
    value.value = { ...whole, to: value.value.from };
    deepStrictEqual({ ...value.value.to }, { x: -1, y: -2 });
  });

  it('is left alone by an assignment of which any part is wrong', () => {
    using value = new Value(line, { from: { x: 1, y: 1 }, to: { x: 1, y: 1 }, id: 1n });
    const before = JSON.stringify(value.value.from) + JSON.stringify(value.value.to);
    const wrong: unknown[] = [
      { from: { x: 9, y: 9 }, to: { x: 2 ** 31, y: 9 }, id: 9n },
      { from: { x: 9, y: 9 }, to: { x: 9, y: '9' }, id: 9n },
      { from: { x: 9, y: 9 }, to: { x: 9, y: 9 } },
      { from: { x: 9, y: 9 }, to: { x: 9, y: 9 }, id: 9n, extra: 1 },
      [
        { x: 9, y: 9 },
        { x: 9, y: 9 },
      ],
      null,
      9,
      'x',
    ];
    for (const whole of wrong) {
      const error = failure(() => {
        value.value = whole as never;
      });
      expect(['ERR_INVALID_ARG_TYPE', 'ERR_OUT_OF_RANGE']).toContain(error['code']);
    }
    expect(() => {
      value.value.from.x = 1.5;
    }).toThrow(code('ERR_OUT_OF_RANGE'));
    strictEqual(JSON.stringify(value.value.from) + JSON.stringify(value.value.to), before);
    strictEqual(value.value.id, 1n);
  });

  it('refuses a misspelt field, and names the field that is wrong', () => {
    using value = new Value(line);
    expect(() => {
      (value.value as unknown as Record<string, number>)['form'] = 1;
    }).toThrow(TypeError);
    const error = failure(() => {
      value.value = { from: { x: 0, y: 0 }, to: { x: 0, y: 'no' as never }, id: 0n };
    });
    expect(error.message).toMatch(/to\.y/);
  });

  it('holds booleans, bytes and characters as values of their own do', () => {
    const mixed = struct({ flag: c_bool, byte: c_char, letter: c_wchar });
    using value = new Value(mixed, { flag: true, byte: Buffer.from('z'), letter: '😀' });
    strictEqual(value.value.flag, true);
    deepStrictEqual(value.value.byte, Buffer.from('z'));
    strictEqual(value.value.letter, '😀');
  });

  it('has no atomic operations', () => {
    using value = new Value(point);
    for (const operation of ['add', 'sub', 'and', 'or', 'xor', 'exchange'] as const)
      strictEqual(failure(() => value[operation]({ x: 1, y: 1 }))['code'], 'ERR_INVALID_ARG_TYPE');
    strictEqual(
      failure(() => value.compareExchange({ x: 1, y: 1 }, { x: 1, y: 1 }))['code'],
      'ERR_INVALID_ARG_TYPE',
    );
  });

  it('is a ClosedError through a view that was kept when the value was closed', () => {
    const value = new Value(line);
    const view = value.value;
    const inner = view.from;
    value.close();
    expect(() => view.id).toThrow(code('ERR_CLOSED'));
    expect(() => inner.x).toThrow(code('ERR_CLOSED'));
    expect(() => {
      inner.x = 1;
    }).toThrow(code('ERR_CLOSED'));
    expect(() => {
      view.to = { x: 1, y: 1 };
    }).toThrow(code('ERR_CLOSED'));
  });

  it('has the layout of C for another process, padding and all', async () => {
    using value = new Value(struct({ a: c_char, b: point, c: c_bool }), {
      a: Buffer.from('a'),
      b: { x: -2, y: 2.5 },
      c: true,
    });
    strictEqual(value.type.size, 32);
    const seen = await answerOf<unknown>(
      `const value = ip.attach(JSON.parse(process.argv[1]));
       const { a, b, c } = value.value;
       console.log(JSON.stringify([value.type.size, String(a), b.x, b.y, c]));
       value.value.b.x = 11;`,
      { args: [JSON.stringify(value)] },
    );
    deepStrictEqual(seen, [32, 'a', -2, 2.5, true]);
    strictEqual(value.value.b.x, 11);
  });
});
