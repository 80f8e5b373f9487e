import { describe, expect, it } from 'vitest';
import { Queue, SerializationError } from '../dist/index.js';
import { rejects, throws } from './helpers/failures.js';
import { own } from './helpers/owned.js';
import { Peer } from './helpers/peer.js';

const text = {
  encode: (value: string) => Buffer.from(`<${value}>`),
  decode: (bytes: Uint8Array) => Buffer.from(bytes).toString().slice(1, -1),
};

describe("a queue's codec", () => {
  it('is MessagePack unless another is named', () => {
    const queue = own(new Queue<unknown>());
    const value = {
      n: 1n,
      u: undefined,
      d: new Date(5),
      m: new Map([[1, -0]]),
      b: Buffer.from('b'),
    };
    queue.putSync(value);
    expect(queue.getSync()).toStrictEqual(value);
  });

  it('can be named: v8, json or raw', () => {
    for (const codec of ['v8', 'json'] as const) {
      const queue = own(new Queue<unknown>({ codec }));
      queue.putSync({ a: [1, 'two', null] });
      expect(queue.getSync()).toEqual({ a: [1, 'two', null] });
    }
    const raw = own(new Queue<Uint8Array>({ codec: 'raw' }));
    raw.putSync(new Uint8Array([1, 2]));
    expect(raw.getSync()).toEqual(Buffer.from([1, 2]));
    raw.putSync(new Uint8Array());
    expect(raw.getSync()).toHaveLength(0);
  });

  it('can be of its own', async () => {
    const queue = own(new Queue<string>({ codec: text }));
    const peer = new Peer('queue', 'custom', { name: queue.name });
    expect(await queue.get()).toBe('of its own');
    expect(await peer.ended).toEqual({ code: 0, signal: null });
    queue.putManySync(['a', 'b']);
    expect(queue.getManySync(2)).toEqual(['a', 'b']);
  });

  it('is known to whoever opens the queue, but for one of its own', () => {
    const json = own(new Queue({ codec: 'json' }));
    json.putSync({ plain: true });
    expect(own(Queue.open(json.name)).getSync()).toEqual({ plain: true });
    throws(() => json.putSync(undefined), SerializationError, 'ERR_NOT_SERIALIZABLE');
    const custom = own(new Queue<string>({ codec: text }));
    throws(() => Queue.open(custom.name), TypeError, 'ERR_INVALID_ARG_TYPE');
    own(Queue.open<string>(custom.name, { codec: text })).putSync('known');
    expect(custom.getSync()).toBe('known');
  });

  it('that fails to encode queues nothing and says why', async () => {
    const bad = {
      encode: (value: number) => {
        if (value === 13) throw new Error('unlucky');
        return Buffer.from([value]);
      },
      decode: (bytes: Uint8Array) => bytes[0] as number,
    };
    const queue = own(new Queue<number>({ codec: bad }));
    const error = throws(() => queue.putSync(13), SerializationError, 'ERR_NOT_SERIALIZABLE');
    expect(error.cause).toMatchObject({ message: 'unlucky' });
    await rejects(queue.putMany([1, 13]), SerializationError, 'ERR_NOT_SERIALIZABLE');
    expect(queue.qsize()).toBe(0);
    queue.putSync(12);
    expect(queue.getSync()).toBe(12);
  });

  it('that fails to decode loses that item only', async () => {
    const bad = {
      encode: (value: number) => Buffer.from([value]),
      decode: (bytes: Uint8Array) => {
        if (bytes[0] === 13) throw new Error('unlucky');
        return bytes[0] as number;
      },
    };
    const queue = own(new Queue<number>({ codec: bad }));
    queue.putManySync([13, 1, 2, 13, 3]);
    await rejects(queue.getMany(9), SerializationError, 'ERR_NOT_SERIALIZABLE');
    expect(await queue.getMany(1)).toEqual([1]);
    expect(await queue.get()).toBe(2);
    throws(() => queue.getSync(), SerializationError, 'ERR_NOT_SERIALIZABLE');
    expect(queue.getManySync(9)).toEqual([3]);
    expect(queue.empty()).toBe(true);
  });

  it('refuses what cannot travel, naming the part, and nothing is queued', async () => {
    const queue = own(new Queue<unknown>());
    const cases: [unknown, string][] = [
      [() => {}, '$'],
      [Symbol('s'), '$'],
      [{ a: [0, 1, 2, { fn() {} }] }, '$.a[3].fn'],
      [new Map([['k', Promise.resolve()]]), '$'],
      [{ w: new WeakMap() }, '$.w'],
    ];
    for (const [value, path] of cases) {
      const sync = throws(() => queue.putSync(value), SerializationError, 'ERR_NOT_SERIALIZABLE');
      expect((sync as SerializationError).path.startsWith(path)).toBe(true);
      throws(() => queue.putNowait(value), SerializationError, 'ERR_NOT_SERIALIZABLE');
      await rejects(queue.put(value), SerializationError, 'ERR_NOT_SERIALIZABLE');
    }
    expect(queue.empty()).toBe(true);
  });

  it('must be one that exists', () => {
    throws(() => new Queue({ codec: 'pickle' as 'v8' }), RangeError, 'ERR_OUT_OF_RANGE');
    throws(() => new Queue({ codec: 5 as unknown as 'v8' }), TypeError, 'ERR_INVALID_ARG_TYPE');
  });
});
