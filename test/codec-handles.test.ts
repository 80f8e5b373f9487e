import { deepStrictEqual, strictEqual } from 'node:assert';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createScratch, setSharedHooks } from '../dist/codec/codec.js';
import { resolveCodec } from '../dist/codec/resolve.js';
import { InterprocError } from '../dist/errors.js';

class Fake {
  readonly handle: { interproc: 1; kind: string; name: string };

  constructor(handle: Fake['handle']) {
    this.handle = handle;
  }
}

const scratch = createScratch();
let attachError: Error | undefined;

beforeAll(() => {
  setSharedHooks({
    isShared: (value) => value instanceof Fake,
    toHandle: (value) => (value as Fake).handle,
    fromHandle: (handle) => {
      if (attachError !== undefined) throw attachError;
      return new Fake(handle as Fake['handle']);
    },
  });
});
afterAll(() => setSharedHooks({ isShared: () => false, toHandle: (v) => v, fromHandle: (v) => v }));

const fake = (name: string) => new Fake({ interproc: 1, kind: 'queue', name });

describe('shared objects in a message', () => {
  for (const name of ['msgpack', 'v8']) {
    const codec = resolveCodec(name);
    const through = (value: unknown): unknown => {
      codec.encode(value, scratch);
      return codec.decode(scratch.buffer, scratch.start, scratch.end);
    };

    it(`arrive attached at any depth with ${name}`, () => {
      const q = fake('q');
      const value = {
        top: q,
        list: [1, { q }],
        map: new Map([[q, fake('r')]]),
        set: new Set([q]),
        bytes: Buffer.from('b'),
      };
      const result = through(value) as typeof value;
      expect(result.top).toBeInstanceOf(Fake);
      deepStrictEqual(result.top.handle, q.handle);
      strictEqual((result.list[1] as { q: Fake }).q, result.top);
      strictEqual(result.map.get(result.top)?.handle.name, 'r');
      strictEqual(result.set.has(result.top), true);
      deepStrictEqual(result.bytes, value.bytes);
    });

    it(`are listed once each for ${name}, and not those of the message before`, () => {
      const [a, b] = [fake('a'), fake('b')];
      codec.encode([a, { b }, a], scratch);
      deepStrictEqual(new Set(scratch.objects), new Set([a, b]));
      strictEqual(scratch.objects.length, 2);
      codec.encode('none', scratch);
      strictEqual(scratch.objects.length, 0);
      codec.encode([a], scratch);
      expect(() => codec.encode([b, () => 1], scratch)).toThrow();
      codec.encode({ x: 1 }, scratch);
      strictEqual(scratch.objects.length, 0);
    });

    it(`are not plain data that looks like a handle, with ${name}`, () => {
      const plain = { interproc: 1, kind: 'queue', name: 'q' };
      deepStrictEqual(through({ plain, q: fake('q') }), { plain, q: fake('q') });
    });

    it(`keep cycles around them with ${name}`, () => {
      const value: Record<string, unknown> = { q: fake('q') };
      value['self'] = [value];
      const result = through(value) as { self: unknown[] };
      strictEqual(result.self[0], result);
    });

    it(`let the error of attaching through as it is, with ${name}`, () => {
      codec.encode({ q: fake('gone') }, scratch);
      attachError = new InterprocError('gone', { code: 'ENOENT' });
      expect(() => codec.decode(scratch.buffer, scratch.start, scratch.end)).toThrow(attachError);
      attachError = new RangeError('a range error of attach');
      expect(() => codec.decode(scratch.buffer, scratch.start, scratch.end)).toThrow(attachError);
      attachError = undefined;
    });
  }

  it('travel through json as their plain handles', () => {
    const codec = resolveCodec('json');
    const q = fake('q');
    codec.encode({ q, list: [q] }, scratch);
    deepStrictEqual(codec.decode(scratch.buffer, scratch.start, scratch.end), {
      q: q.handle,
      list: [q.handle],
    });
    deepStrictEqual(scratch.objects, [q]);
  });
});
