import { describe, expect, it } from 'vitest';
import {
  AbortError,
  attach,
  ClosedError,
  Empty,
  Full,
  InterprocError,
  MessageTooLargeError,
  Queue,
  SerializationError,
  SimpleQueue,
  type SimpleQueueOptions,
  wait,
} from '../dist/index.js';
import { rejects, throws } from './helpers/failures.js';
import { own } from './helpers/owned.js';
import { child } from './helpers/process-owned.js';
import { isPending } from './helpers/time.js';
import * as targets from './fixtures/process-targets.mjs';

describe('a SimpleQueue', () => {
  it('gives items in the order they were put, in every form', async () => {
    const queue = own(new SimpleQueue<unknown>());
    expect(queue.empty()).toBe(true);
    await queue.put(undefined);
    queue.putSync({ n: 1 });
    queue.putNowait([null]);
    expect(queue.empty()).toBe(false);
    expect(await queue.get()).toBe(undefined);
    expect(queue.getSync()).toEqual({ n: 1 });
    expect(queue.getNowait()).toEqual([null]);
    expect(queue.empty()).toBe(true);
  });

  it('waits for an item and for room', async () => {
    const queue = own(new SimpleQueue<Buffer>({ capacity: 4096 }));
    const taking = queue.get();
    expect(await isPending(taking, 30)).toBe(true);
    await queue.put(Buffer.from('first'));
    expect(String(await taking)).toBe('first');
    for (;;) {
      try {
        queue.putNowait(Buffer.alloc(500));
      } catch (error) {
        expect(error).toBeInstanceOf(Full);
        break;
      }
    }
    const putting = queue.put(Buffer.alloc(500));
    expect(await isPending(putting, 30)).toBe(true);
    queue.getNowait();
    await putting;
  });

  it('ends limited and aborted waits as a Queue does', async () => {
    const queue = own(new SimpleQueue());
    throws(() => queue.getNowait(), Empty, 'ERR_QUEUE_EMPTY');
    throws(() => queue.getSync({ timeout: 20 }), Empty, 'ERR_QUEUE_EMPTY');
    await rejects(queue.get({ timeout: 20 }), Empty, 'ERR_QUEUE_EMPTY');
    const stop = new AbortController();
    const waiting = queue.get({ signal: stop.signal });
    stop.abort();
    await rejects(waiting, AbortError, 'ABORT_ERR');
  });

  it('travels to processes by itself and by its handle, and arrives as one', async () => {
    const [from, to] = [own(new SimpleQueue<string>()), own(new SimpleQueue<string>())];
    expect(from.handle).toEqual({ interproc: 1, kind: 'simple-queue', name: from.name });
    const process = child(targets.forward as unknown as (...args: SimpleQueue<string>[]) => void, [
      from,
      to,
    ]).start();
    await from.put('there and back');
    expect(await to.get()).toBe('there and back');
    await process.join();
    const again = own(attach(JSON.parse(JSON.stringify(to))) as SimpleQueue<string>);
    expect(again).toBeInstanceOf(SimpleQueue);
    again.putNowait('by handle');
    expect(to.getNowait()).toBe('by handle');
    await from.put(again as never);
    const carried = own((await from.get()) as unknown as SimpleQueue);
    expect(carried).toBeInstanceOf(SimpleQueue);
    expect(carried.name).toBe(to.name);
  });

  it('is found by its name, and refused under the name of another kind', () => {
    const queue = own(new SimpleQueue({ codec: 'json' }));
    own(SimpleQueue.open<number>(queue.name)).putNowait(5);
    expect(own(SimpleQueue.openOrCreate(queue.name, { codec: 'json' })).getNowait()).toBe(5);
    throws(
      () => SimpleQueue.openOrCreate(queue.name, { codec: 'v8' }),
      InterprocError,
      'ERR_OPTIONS_MISMATCH',
    );
    throws(() => new SimpleQueue({ name: queue.name }), InterprocError, 'EEXIST');
    throws(() => Queue.open(queue.name), InterprocError, 'ERR_LAYOUT_MISMATCH');
    throws(() => SimpleQueue.open(own(new Queue()).name), InterprocError, 'ERR_LAYOUT_MISMATCH');
    SimpleQueue.unlink(queue.name);
    throws(() => SimpleQueue.open(queue.name), InterprocError, 'ENOENT');
  });

  it('throws for an item that cannot travel or is too large, and queues nothing', async () => {
    const queue = own(new SimpleQueue<unknown>({ maxBytes: 100 }));
    const error = throws(
      () => queue.putSync({ f: () => 0 }),
      SerializationError,
      'ERR_NOT_SERIALIZABLE',
    );
    expect(error).toHaveProperty('path', '$.f');
    await rejects(queue.put(Buffer.alloc(200)), MessageTooLargeError, 'ERR_MESSAGE_TOO_LARGE');
    expect(queue.empty()).toBe(true);
  });

  it('refuses every use after close, which may come twice and ends its waits', async () => {
    const queue = new SimpleQueue();
    const waiting = queue.get();
    queue.close();
    queue.close();
    expect(queue.closed).toBe(true);
    await rejects(waiting, ClosedError, 'ERR_CLOSED');
    await rejects(queue.put(1), ClosedError, 'ERR_CLOSED');
    await rejects(queue.get(), ClosedError, 'ERR_CLOSED');
    for (const use of [
      () => queue.putSync(1),
      () => queue.putNowait(1),
      () => queue.getSync(),
      () => queue.getNowait(),
      () => queue.empty(),
    ])
      throws(use, ClosedError, 'ERR_CLOSED');
  });

  it('refuses a closed handle though another one is open', async () => {
    const queue = own(new SimpleQueue<number>());
    const other = SimpleQueue.open<number>(queue.name);
    other.close();
    throws(() => other.putNowait(1), ClosedError, 'ERR_CLOSED');
    throws(() => other.getNowait(), ClosedError, 'ERR_CLOSED');
    await rejects(wait([other]), ClosedError, 'ERR_CLOSED');
    expect(queue.empty()).toBe(true);
    queue.putNowait(2);
    expect(await wait([queue])).toEqual([queue]);
  });

  const wrong: [what: string, options: unknown, error: typeof Error, code: string][] = [
    ['a maxsize', { maxsize: 3 }, TypeError, 'ERR_UNKNOWN_OPTION'],
    ['a number', 3, TypeError, 'ERR_INVALID_ARG_TYPE'],
    ['null', null, TypeError, 'ERR_INVALID_ARG_TYPE'],
    ['a name that is none', { name: 'a/b' }, RangeError, 'ERR_OUT_OF_RANGE'],
    ['a codec that is none', { codec: 'xml' }, RangeError, 'ERR_OUT_OF_RANGE'],
    ['a capacity that is text', { capacity: '1' }, TypeError, 'ERR_INVALID_ARG_TYPE'],
  ];
  for (const [what, options, error, code] of wrong) {
    it(`refuses ${what} for its options`, () => {
      throws(() => new SimpleQueue(options as SimpleQueueOptions), error, code);
      throws(
        () => SimpleQueue.openOrCreate('simple-queue-refused', options as SimpleQueueOptions),
        error,
        code,
      );
    });
  }

  it('refuses wrong limits of its waits', async () => {
    const queue = own(new SimpleQueue());
    await rejects(queue.get({ timeout: Number.NaN }), TypeError, 'ERR_INVALID_ARG_TYPE');
    await rejects(queue.put(1, { tmeout: 1 } as object), TypeError, 'ERR_UNKNOWN_OPTION');
    throws(() => queue.getSync({ timeout: '1' } as never), TypeError, 'ERR_INVALID_ARG_TYPE');
    expect(queue.empty()).toBe(true);
  });
});
