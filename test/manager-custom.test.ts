import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  BaseManager,
  ClosedError,
  type InterprocError,
  ProcessError,
  RemoteError,
  SerializationError,
} from '../dist/index.js';
import { CounterManager, notExported, WithMore } from './fixtures/manager-custom.mjs';
import { rejects } from './helpers/failures.js';

const module = new URL('./fixtures/manager-custom.mjs', import.meta.url);
let manager: CounterManager;

beforeAll(async () => {
  manager = await new CounterManager({ module }).start();
});

afterAll(async () => {
  await manager.shutdown();
});

describe('a registered class', () => {
  it('is made in the server, and its methods are called there', async () => {
    const counter = await manager.Counter(5);
    expect(await counter.add(2)).toBe(7);
    expect(await counter.addLater(1)).toBe(8);
    expect([counter.typeid, await counter.callerEnded()]).toEqual(['Counter', false]);
    expect(await manager.Counter(1).add(1)).toBe(2);
  });

  it('may be a function or an asynchronous one, or a plain object', async () => {
    expect(await (await manager.fromFunction(3)).add(1)).toBe(4);
    expect(await manager.fromAsync(3).add(1)).toBe(4);
    expect(await manager.prepared().text()).toBe('not prepared');
  });

  it('shows its public methods, or those that are named, and nothing else', async () => {
    const counter = (await manager.Counter()) as unknown as Record<string, unknown>;
    for (const name of ['_hidden', 'constructor', 'started', '__proto__', 'toString'])
      expect(counter[name]).toBeUndefined();
    const few = await manager.few(1);
    expect(Object.keys(few)).toEqual([]);
    expect((few as unknown as Record<string, unknown>)['addLater']).toBeUndefined();
    expect(await few.add(1)).toBe(2);
    const map = await manager.map();
    expect(await map.get(1)).toBe(2);
    const coming = manager.Counter() as unknown as Record<string, () => Promise<unknown>>;
    expect(coming['_hidden']).toBeUndefined();
    await rejects(coming['hidden']!(), RemoteError, 'ERR_REMOTE');
  });

  it('gives proxies where methodToTypeid says so', async () => {
    const counter = await manager.Counter(1);
    const twin = await counter.twin();
    await twin.add(10);
    expect([await counter.add(0), await twin.add(0)]).toEqual([1, 11]);
    const itself = await counter.itself();
    await itself.add(1);
    expect(await counter.add(0)).toBe(2);
  });

  it('gives iterators that are run in the server, one step each call', async () => {
    const counter = await manager.Counter();
    const all: number[] = [];
    for await (const n of await counter.upTo(3)) all.push(n);
    for await (const n of await counter.list()) all.push(n);
    expect(all).toEqual([1, 2, 3, 1, 2]);
    for await (const n of await counter.later(9)) if (n === 2) break;
    expect(await counter.hasLeft()).toBe(true);
    await rejects(counter.nothing(), RemoteError, 'ERR_REMOTE');
  });

  it('throws as it throws: the error itself, with its stack in the server as the cause', async () => {
    const counter = await manager.Counter();
    const error = await rejects(counter.fail('wrong'), TypeError, undefined as never);
    expect(error.message).toBe('wrong');
    expect(error.cause).toBeInstanceOf(RemoteError);
    expect((error.cause as Error).stack).toMatch(/manager-custom\.mjs/);
    await rejects(manager.Counter(-1), RangeError, undefined as never);
    await expect(counter.throwText()).rejects.toBe('no error at all');
    await expect(counter.throwUnsendable()).rejects.toThrow('odd');
    const remote = await rejects(counter.unsendable(), RemoteError, 'ERR_REMOTE');
    expect(remote.message).toMatch(/\$\.deep\[0\]/);
    expect(await counter.add(1)).toBe(1);
  });

  it('says which argument cannot travel, by its path', async () => {
    const counter = (await manager.Counter()) as unknown as {
      add(...args: unknown[]): Promise<unknown>;
    };
    const error = await rejects(
      counter.add(1, { a: [() => 1] }),
      SerializationError,
      'ERR_NOT_SERIALIZABLE',
    );
    expect((error as SerializationError).path).toBe('$[1].a[0]');
    const made = manager.create('Counter', { fn: () => 1 }) as Promise<unknown>;
    const creation = await rejects(made, SerializationError, 'ERR_NOT_SERIALIZABLE');
    expect((creation as SerializationError).path).toBe('$[0].fn');
    expect(creation.message).not.toMatch(/\$\[0\]\[4\]/);
  });

  it('has to give an object, and a factory', async () => {
    await rejects(manager.number() as Promise<unknown>, RemoteError, 'ERR_REMOTE');
    await rejects(manager.known() as Promise<unknown>, RemoteError, 'ERR_REMOTE');
  });

  it('may come beside the usual types', async () => {
    const more = await new WithMore({ module }).start();
    try {
      expect(await more.Counter(1).add(1)).toBe(2);
      expect(await more.dict<string, number>({ a: 1 }).get('a')).toBe(1);
    } finally {
      await more.shutdown();
    }
  });

  it('has to be exported by its module', async () => {
    const Inner = notExported();
    await rejects(new Inner({ module }).start(), ProcessError, 'ERR_TARGET_NOT_EXPORTED');
    const missing = new URL('./fixtures/no-such-manager.mjs', import.meta.url);
    await expect(new CounterManager({ module: missing }).start()).rejects.toThrow(
      /no-such-manager/,
    );
  });
});

describe('a proxy', () => {
  it('is refused once it was disposed, and the object goes with its last one', async () => {
    const before = await manager.numberOfObjects();
    const counter = await manager.Counter();
    const again = await counter.twin();
    expect(await manager.numberOfObjects()).toBe(before + 2);
    counter.dispose();
    counter.dispose();
    again[Symbol.dispose]();
    await rejects(counter.add(1), ClosedError, 'ERR_CLOSED');
    expect(await manager.numberOfObjects()).toBe(before);
  });

  it('has no other properties, and cannot be given any', async () => {
    const counter = (await manager.Counter()) as unknown as Record<string, unknown>;
    expect(() => {
      counter['add'] = 1;
    }).toThrow(TypeError);
    expect(JSON.parse(JSON.stringify(counter))).toMatchObject({ kind: 'proxy', interproc: 1 });
  });

  it('rejects at once, pending and later, when its server dies', async () => {
    const other = await new CounterManager({ module }).start();
    const counter = await other.Counter();
    const pending = Array.from({ length: 100 }, () => counter.endless());
    const all = Promise.allSettled(pending);
    counter.crash().catch(() => undefined);
    for (const outcome of await all) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'ERR_REMOTE' } });
    }
    await rejects(counter.add(1), RemoteError, 'ERR_REMOTE');
    await rejects(other.Counter(), RemoteError, 'ERR_REMOTE');
    await other.shutdown();
    await other.shutdown();
    await rejects(other.numberOfObjects(), ClosedError, 'ERR_CLOSED');
  });
});

describe('registering', () => {
  it('refuses what cannot be called by its name', () => {
    class Mine extends BaseManager {}
    const bad = (...args: unknown[]) => {
      try {
        (Mine.register as (...given: unknown[]) => void).apply(Mine, args);
      } catch (error) {
        return (error as InterprocError).code;
      }
      return 'accepted';
    };
    expect(bad(1)).toBe('ERR_INVALID_ARG_TYPE');
    expect(bad('_x', () => ({}))).toBe('ERR_OUT_OF_RANGE');
    expect(bad('constructor', () => ({}))).toBe('ERR_OUT_OF_RANGE');
    expect(bad('start', () => ({}))).toBe('ERR_INVALID_ARG_TYPE');
    expect(bad('x', 5)).toBe('ERR_INVALID_ARG_TYPE');
    expect(bad('x', () => ({}), { exposed: ['_y'] })).toBe('ERR_OUT_OF_RANGE');
    expect(bad('x', () => ({}), { exposed: 'y' })).toBe('ERR_INVALID_ARG_TYPE');
    expect(bad('x', () => ({}), { methodToTypeid: { y: 1 } })).toBe('ERR_INVALID_ARG_TYPE');
    expect(bad('x', () => ({}), { expose: [] })).toBe('ERR_UNKNOWN_OPTION');
    expect(bad('x', () => ({}))).toBe('accepted');
  });
});
