import { deepStrictEqual, strictEqual } from 'node:assert';
import { describe, expect, it } from 'vitest';
import { type Codec, createScratch, type Scratch } from '../dist/codec/codec.js';
import { resolveCodec } from '../dist/codec/resolve.js';
import { SerializationError } from '../dist/errors.js';

function taken(codec: Codec, scratch: Scratch): unknown {
  return codec.decode(scratch.buffer, scratch.start, scratch.end);
}

describe('a getter that encodes with the same scratch area', () => {
  for (const name of ['msgpack', 'v8', 'json']) {
    const codec = resolveCodec(name);

    it(`spoils neither message with ${name}`, () => {
      const scratch = createScratch();
      const inner: unknown[] = [];
      const value = {
        before: 'b'.repeat(100),
        get nested() {
          codec.encode({ text: 'x'.repeat(50_000), deep: [1, [2]] }, scratch);
          inner.push(taken(codec, scratch));
          return 'n';
        },
        after: ['a'],
      };
      codec.encode(value, scratch);
      const arrived = taken(codec, scratch);
      deepStrictEqual(arrived, { before: 'b'.repeat(100), nested: 'n', after: ['a'] });
      expect(inner.length).toBeGreaterThan(0);
      for (const one of inner) deepStrictEqual(one, { text: 'x'.repeat(50_000), deep: [1, [2]] });
    });

    it(`and fails there spoils nothing with ${name}`, () => {
      const scratch = createScratch();
      const value = {
        a: { shared: 1 },
        get b() {
          expect(() => codec.encode({ f: () => 1 }, scratch)).toThrow(SerializationError);
          return 2;
        },
      };
      codec.encode(value, scratch);
      deepStrictEqual(taken(codec, scratch), { a: { shared: 1 }, b: 2 });
    });
  }

  it('may be nested in getters of nested values', () => {
    const codec = resolveCodec('msgpack');
    const scratch = createScratch();
    let depth = 0;
    const value = {
      get again(): unknown {
        if (depth++ >= 5) return 'end';
        codec.encode(value, scratch);
        return [taken(codec, scratch)];
      },
    };
    codec.encode(value, scratch);
    strictEqual(
      JSON.stringify(taken(codec, scratch)),
      '{"again":[{"again":[{"again":[{"again":[{"again":[{"again":"end"}]}]}]}]}]}',
    );
  });
});
