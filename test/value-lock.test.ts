import { strictEqual } from 'node:assert';
import { describe, expect, it } from 'vitest';
import { Lock, RLock, RawArray, RawValue, SharedArray, Value } from '../dist/index.js';
import { answerOf, failure, nameFor, present, rejection, start } from './helpers/segments.js';

const code = (expected: string) => expect.objectContaining({ code: expected });

/** Values and arrays have the same lock. */
const kinds = [
  ['a value', (options?: object) => new Value('i', 0, options)],
  ['an array', (options?: object) => new SharedArray('i', 1, options)],
] as const;

for (const [what, make] of kinds) {
  describe(`the lock of ${what}`, () => {
    it('is made with it unless told otherwise', async () => {
      for (const options of [undefined, {}, { lock: true }, { lock: undefined }]) {
        using object = make(options);
        const lock = object.getLock();
        expect(lock).toBeInstanceOf(Lock);
        const guard = await object.acquire();
        expect(guard).toMatchObject({ abandoned: false });
        strictEqual(lock.locked(), true);
        object.release();
        strictEqual(lock.locked(), false);
      }
    });

    it('belongs to the thread: the handle and getLock() are the same lock', () => {
      using object = make();
      strictEqual(object.acquireSync() !== null, true);
      strictEqual(object.getLock().acquireSync({ timeout: 0 }), null);
      strictEqual(failure(() => object.acquireSync())['code'], 'ERR_DEADLOCK');
      object.getLock().release();
      expect(() => object.release()).toThrow(code('ERR_LOCK_NOT_OWNED'));
    });

    it('is none with lock: false, and asking for it says so', async () => {
      using object = make({ lock: false });
      for (const call of [
        () => object.getLock(),
        () => object.acquireSync(),
        () => object.release(),
      ])
        strictEqual(failure(call)['code'], 'ERR_NO_LOCK');
      strictEqual((await rejection(object.acquire()))['code'], 'ERR_NO_LOCK');
    });

    it('can be a Lock that exists, for whoever opens it as well', async () => {
      using lock = new Lock();
      using object = make({ lock });
      using guard = lock.acquireSync();
      strictEqual(object.acquireSync({ timeout: 0 }), null);
      const seen = await answerOf<unknown>(
        `const object = ip.attach(JSON.parse(process.argv[1]));
         console.log(JSON.stringify([object.getLock().name, object.acquireSync({ timeout: 0 })]));`,
        { args: [JSON.stringify(object)] },
      );
      expect(seen).toEqual([lock.name, null]);
      guard?.release();
      object.acquireSync()?.release();
    });

    it('can be an RLock that exists: its holder may take it again, others may not, wherever it was opened', async () => {
      using lock = new RLock();
      using object = make({ lock });
      expect(object.getLock()).toBeInstanceOf(RLock);
      using outer = object.acquireSync();
      using inner = await object.acquire();
      strictEqual(outer !== null && inner !== null, true);
      const script = `const object = ip.attach(JSON.parse(process.argv[1]));
        const lock = object.getLock();
        console.log(JSON.stringify([lock.name, lock instanceof ip.RLock, object.acquireSync({ timeout: 0 }) !== null]));`;
      const args = [JSON.stringify(object)];
      expect(await answerOf(script, { args })).toEqual([lock.name, true, false]);
      inner?.release();
      strictEqual(lock.locked(), true);
      outer?.release();
      expect(await answerOf(script, { args })).toEqual([lock.name, true, true]);
    });

    it('that is an RLock stays open when the object is closed, and is compared by openOrCreate', () => {
      using lock = new RLock();
      using other = new RLock();
      const name = nameFor('rlock-kept');
      using object = make({ lock, name });
      const again = (given: RLock) =>
        object instanceof Value
          ? Value.openOrCreate(name, 'i', 0, { lock: given })
          : SharedArray.openOrCreate(name, 'i', 1, { lock: given });
      again(lock).close();
      strictEqual(failure(() => again(other))['code'], 'ERR_OPTIONS_MISMATCH');
      object.close();
      strictEqual(lock.closed, false);
      lock.acquireSync()?.release();
    });

    it('can be the lock of another object', async () => {
      using first = make();
      using second = make({ lock: first.getLock() });
      using guard = first.acquireSync();
      strictEqual(guard !== null, true);
      strictEqual(second.acquireSync({ timeout: 0 }), null);
      const got = await answerOf<unknown>(
        `const object = ip.attach(JSON.parse(process.argv[1]));
         console.log(JSON.stringify(object.acquireSync({ timeout: 0 })));`,
        { args: [JSON.stringify(second)] },
      );
      strictEqual(got, null);
    });

    it('is refused where it is none, or closed; nothing is left then', () => {
      for (const lock of [null, 1, 'lock', {}, Lock]) {
        const name = nameFor('bad-lock');
        strictEqual(failure(() => make({ lock, name }))['code'], 'ERR_INVALID_ARG_TYPE');
        strictEqual(present(name), false);
      }
      for (const lock of [new Lock(), new RLock()]) {
        const name = nameFor('closed-lock');
        lock.close();
        strictEqual(failure(() => make({ lock, name }))['code'], 'ERR_CLOSED');
        strictEqual(present(name), false);
      }
    });

    it('of the creator stays open when the object is closed', () => {
      using lock = new Lock();
      make({ lock }).close();
      strictEqual(lock.closed, false);
      lock.acquireSync()?.release();
    });

    it('is abandoned when its holder is killed, and the next one is told', async () => {
      using object = make();
      const holder = start(
        `globalThis.object = ip.attach(JSON.parse(process.argv[1]));
         object.acquireSync();
         console.log('held');
         setInterval(() => {}, 1000);`,
        { args: [JSON.stringify(object)] },
      );
      strictEqual(await holder.line(), 'held');
      strictEqual(object.acquireSync({ timeout: 0 }), null);
      const waiting = object.acquire();
      holder.child.kill('SIGKILL');
      await holder.finished;
      using guard = await waiting;
      strictEqual(guard?.abandoned, true);
    });

    it('keeps two processes from disturbing each other', async () => {
      using object = make();
      const script = `const object = ip.attach(JSON.parse(process.argv[1]));
        const view = 'length' in object ? object : { get 0() { return object.value }, set 0(v) { object.value = v } };
        for (let i = 0; i < 2000; i++) {
          const guard = object.acquireSync();
          const before = view[0];
          for (let spin = 0; spin < 50; spin++);
          view[0] = before + 1;
          guard.release();
        }
        console.log(0);`;
      const args = [JSON.stringify(object)];
      await Promise.all([answerOf(script, { args }), answerOf(script, { args })]);
      strictEqual(object instanceof Value ? object.value : object[0], 4000);
    });
  });
}

describe('RawValue and RawArray', () => {
  it('have no lock, and take none', () => {
    using value = RawValue('i', 5);
    using array = RawArray('i', [1, 2]);
    strictEqual(value.value, 5);
    strictEqual(array[1], 2);
    strictEqual(value.add(1), 5);
    expect(value).toBeInstanceOf(Value);
    expect(array).toBeInstanceOf(SharedArray);
    for (const object of [value, array])
      strictEqual(failure(() => object.getLock())['code'], 'ERR_NO_LOCK');
    strictEqual(
      failure(() => RawValue('i', 0, { lock: true } as never))['code'],
      'ERR_UNKNOWN_OPTION',
    );
    strictEqual(
      failure(() => RawArray('i', 1, { lock: true } as never))['code'],
      'ERR_UNKNOWN_OPTION',
    );
  });
});
