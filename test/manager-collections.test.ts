import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Manager, RemoteError, SerializationError, type SyncManager } from '../dist/index.js';
import { rejects } from './helpers/failures.js';

let manager: SyncManager;

beforeAll(async () => {
  manager = await Manager();
});

afterAll(async () => {
  await manager.shutdown();
});

describe("a manager's collections", () => {
  it('are reached through proxies, whose calls give copies', async () => {
    using dict = await manager.dict<string, unknown>({ a: 1 });
    await dict.set('map', new Map([[1, 2n]]));
    const copy = (await dict.get('map')) as Map<number, bigint>;
    expect(copy).toEqual(new Map([[1, 2n]]));
    copy.clear();
    expect(await dict.get('map')).toEqual(new Map([[1, 2n]]));
    expect(await dict.get('absent')).toBeUndefined();
    expect(await dict.get('absent', 'otherwise')).toBe('otherwise');
    expect(await dict.has('a')).toBe(true);
    expect(await dict.setDefault('a', 2)).toBe(1);
    expect(await dict.pop('a')).toBe(1);
    await dict.update({ x: 1, y: 2 });
    expect(await dict.keys()).toEqual(['map', 'x', 'y']);
    expect(await dict.size()).toBe(3);
    const entries: unknown[] = [];
    for await (const entry of dict) entries.push(entry);
    expect(entries.slice(1)).toEqual([
      ['x', 1],
      ['y', 2],
    ]);
    await dict.clear();
    expect(await dict.copy()).toEqual(new Map());
  });

  it('are lists, sets, arrays, values and namespaces too', async () => {
    const list = await manager.list([3, 1, 2]);
    await list.append(10);
    await list.extend([5]);
    await list.insert(0, 0);
    await list.sort();
    expect(await list.copy()).toEqual([0, 1, 2, 3, 5, 10]);
    expect(await list.pop()).toBe(10);
    expect(await list.get(-1)).toBe(5);
    expect(await list.index(2)).toBe(2);
    expect(await list.slice(1, 3)).toEqual([1, 2]);
    await rejects(list.get(9), RangeError, undefined as never);
    const set = await manager.set(['a']);
    await set.add('b');
    expect(await set.union(['c'])).toEqual(new Set(['a', 'b', 'c']));
    expect(await set.difference(['a'])).toEqual(new Set(['b']));
    const array = await manager.Array('i', [1, 2]);
    await array.set(-1, 7);
    expect(await array.values()).toEqual([1, 7]);
    await rejects(array.set(0, 2 ** 31), RangeError, 'ERR_OUT_OF_RANGE');
    const value = await manager.Value('i', 5);
    await value.set(6);
    expect(await value.get()).toBe(6);
    const space = await manager.Namespace({ x: 1 });
    await space.set('y', [2]);
    expect(await space.copy()).toEqual({ x: 1, y: [2] });
  });

  it('live in each other as proxies: what is plain is a copy, what is a proxy is live', async () => {
    const outer = await manager.dict<string, unknown>();
    const inner = await manager.list<number>([1]);
    await outer.set('live', inner);
    await outer.set('copy', [1]);
    const live = (await outer.get('live')) as typeof inner;
    await live.append(2);
    expect(await inner.copy()).toEqual([1, 2]);
    ((await outer.get('copy')) as number[]).push(2);
    expect(await outer.get('copy')).toEqual([1]);
  });

  it('give each call a copy of its own, also where calls go in one message', async () => {
    const dict = await manager.dict<string, unknown>({ k: [1], bytes: Buffer.from([7]) });
    const [one, other] = (await Promise.all([dict.get('k'), dict.get('k')])) as number[][];
    one?.push(2);
    expect([one, other]).toEqual([[1, 2], [1]]);
    const item = { n: 1 };
    await manager.batch(() => Promise.all([dict.set('a', item), dict.set('b', item)]));
    const copy = (await dict.copy()) as Map<string, { n: number }>;
    expect(copy.get('a')).toEqual(item);
    expect(copy.get('a')).not.toBe(copy.get('b'));
    // Bytes are what they were, alone and among others.
    expect(await dict.get('bytes')).toEqual(Buffer.from([7]));
    const [bytes, size] = await Promise.all([dict.get('bytes'), dict.size()]);
    expect([bytes, size]).toEqual([Buffer.from([7]), 4]);
    const [first, second] = await Promise.all([dict.pop('a'), dict.has('a')]);
    expect([first, second]).toEqual([item, false]);
  });

  it('can be used before they are there, in one message with what makes them', async () => {
    const sorted = await manager.batch((m) => {
      const list = m.list([2, 1]);
      void list.append(0);
      void list.sort();
      return list.copy();
    });
    expect(sorted).toEqual([0, 1, 2]);
  });

  it('refuse methods that are not exposed, and what cannot travel', async () => {
    const dict = await manager.dict<string, unknown>();
    const coming = manager.dict() as unknown as { secret(): Promise<unknown> };
    await rejects(coming.secret(), RemoteError, 'ERR_REMOTE');
    for (const name of ['constructor', '__proto__', '_map', 'toString', 'hasOwnProperty']) {
      expect((dict as unknown as Record<string, unknown>)[name]).toBeUndefined();
    }
    await rejects(
      dict.set('f', () => 1),
      SerializationError,
      'ERR_NOT_SERIALIZABLE',
    );
    await rejects(manager.create('nothing') as Promise<unknown>, RemoteError, 'ERR_REMOTE');
  });
});
