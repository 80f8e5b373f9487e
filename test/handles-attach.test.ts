import { deepStrictEqual, strictEqual } from 'node:assert';
import { describe, expect, it } from 'vitest';
import {
  attach,
  Connection,
  c_int,
  Lock,
  Pipe,
  Queue,
  SharedArray,
  struct,
  Value,
} from '../dist/index.js';
import { answerOf, failure, nameFor, present } from './helpers/segments.js';

describe('attach', () => {
  it('gives an instance of the class that made the handle, on the same object', () => {
    using queue = new Queue<number>({ maxsize: 3, codec: 'json' });
    using otherQueue = attach(queue.handle) as Queue<number>;
    expect(otherQueue).toBeInstanceOf(Queue);
    otherQueue.putNowait(5);
    strictEqual(queue.getNowait(), 5);
    strictEqual(otherQueue.maxsize, 3);

    using value = new Value(struct({ x: c_int }), { x: 4 });
    using otherValue = attach(value.handle) as Value;
    expect(otherValue).toBeInstanceOf(Value);
    deepStrictEqual({ ...(otherValue.value as object) }, { x: 4 });

    using array = new SharedArray('h', [1, 2]);
    const otherArray = attach(array.handle) as unknown as Int16Array & Disposable;
    expect(otherArray).toBeInstanceOf(Int16Array);
    expect(otherArray).toBeInstanceOf(SharedArray);
    otherArray[0] = 9;
    strictEqual(array[0], 9);
    otherArray[Symbol.dispose]();

    using lock = new Lock();
    using otherLock = attach(lock.handle) as Lock;
    expect(otherLock).toBeInstanceOf(Lock);
    using guard = lock.acquireSync();
    strictEqual(guard !== null && otherLock.locked(), true);

    using cellLock = attach(value.getLock().handle) as Lock;
    expect(cellLock).toBeInstanceOf(Lock);
    value.acquireSync();
    strictEqual(cellLock.locked(), true);
    cellLock.release();
    strictEqual(value.getLock().locked(), false);
  });

  it('gives the end of a pipe to whom it was handed over', async () => {
    const [mine, theirs] = Pipe<string>({ duplex: false });
    const handle = theirs.handOver();
    deepStrictEqual(handle, { interproc: 1, kind: 'connection', name: mine.name, end: 1 });
    strictEqual(theirs.closed, true);
    const end = attach(handle) as Connection<string>;
    expect(end).toBeInstanceOf(Connection);
    deepStrictEqual([end.readable, end.writable], [false, true]);
    await end.send('hello');
    strictEqual(await mine.recv(), 'hello');
    end.close();
    mine.close();
  });

  it('leaves the end of a pipe to the process that has it', async () => {
    const [a, b] = Pipe();
    using keep = new Value('i', 0);
    const seen = await answerOf<unknown>(
      `try { ip.attach(JSON.parse(process.argv[1])); } catch (error) {
         console.log(JSON.stringify([error.code, error instanceof ip.InterprocError]));
       }`,
      { args: [JSON.stringify(a)] },
    );
    deepStrictEqual(seen, ['ERR_END_TAKEN', true]);
    await b.send(1);
    strictEqual(await a.recv(), 1);
    strictEqual(keep.value, 0);
    a.close();
    b.close();
  });

  it('reads what is no handle as a TypeError that says so', () => {
    using value = new Value('i', 1);
    using lock = new Lock();
    const [a, b] = Pipe();
    const { name } = value;
    const wrong: unknown[] = [
      undefined,
      null,
      5,
      'x',
      true,
      Symbol('x'),
      () => value.handle,
      [],
      {},
      JSON.stringify(value),
      { interproc: 1, kind: 'value' },
      { interproc: 1, name },
      { interproc: 2, kind: 'value', name },
      { interproc: '1', kind: 'value', name },
      { kind: 'value', name },
      { interproc: 1, kind: 'Value', name },
      { interproc: 1, kind: 'toString', name },
      { interproc: 1, kind: '__proto__', name },
      { interproc: 1, kind: ['value'], name },
      { interproc: 1, kind: 'value', name: 5 },
      { interproc: 1, kind: 'value', name: [name] },
      { interproc: 1, kind: 'connection', name: a.name },
      { interproc: 1, kind: 'connection', name: a.name, end: 2 },
      { interproc: 1, kind: 'connection', name: a.name, end: '0' },
      { interproc: 1, kind: 'connection', name: a.name, end: -1 },
    ];
    for (const handle of wrong) {
      const error = failure(() => attach(handle));
      strictEqual(error['code'], 'ERR_INVALID_ARG_TYPE');
      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toMatch(/handle|name/);
    }
    strictEqual(lock.closed, false);
    a.close();
    b.close();
  });

  it('reads a name that cannot be one as a RangeError', () => {
    for (const name of ['', '../x', 'a/b', 'a\0b', 'x'.repeat(201)]) {
      const error = failure(() => attach({ interproc: 1, kind: 'value', name }));
      strictEqual(error['code'], 'ERR_OUT_OF_RANGE');
      expect(error).toBeInstanceOf(RangeError);
    }
  });

  it('refuses a handle that names another kind, in this thread and in another process', async () => {
    const [end, otherEnd] = Pipe();
    const objects = [new Queue(), new Value('i', 1), new SharedArray('i', 1), new Lock(), end];
    const handles = objects.map((object) => object.handle as { kind: string; name: string });
    const crossed = handles.flatMap(({ name, kind }) =>
      handles
        .filter((other) => other.kind !== kind)
        .map((other) => ({ interproc: 1, kind: other.kind, name, end: 0 })),
    );
    strictEqual(crossed.length, 20);
    const codes = crossed.map((handle) => failure(() => attach(handle))['code']);
    deepStrictEqual(new Set(codes), new Set(['ERR_LAYOUT_MISMATCH']));
    const seen = await answerOf<string[]>(
      `const codes = JSON.parse(process.argv[1]).map((handle) => {
         try { ip.attach(handle); return 'attached'; } catch (error) { return error.code; }
       });
       console.log(JSON.stringify(codes));`,
      { args: [JSON.stringify(crossed)] },
    );
    deepStrictEqual(new Set(seen), new Set(['ERR_LAYOUT_MISMATCH']));
    // Nothing of that has closed or changed anything.
    strictEqual((objects[1] as Value).value, 1);
    for (const object of objects) {
      strictEqual(present(object.name), true);
      object.close();
      strictEqual(present(object.name), object instanceof Connection);
    }
    otherEnd.close();
  });

  it('is ENOENT where the object is gone', () => {
    const name = nameFor('gone');
    for (const kind of ['queue', 'value', 'array', 'lock', 'cell-lock', 'connection']) {
      const error = failure(() => attach({ interproc: 1, kind, name, end: 1 }));
      strictEqual(error['code'], 'ENOENT');
      strictEqual(error['syscall'], 'open');
      strictEqual(error['path'], `/dev/shm/interproc.${name}`);
    }
  });
});
