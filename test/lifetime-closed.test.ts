import { strictEqual } from 'node:assert';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  ClosedError,
  type Connection,
  Lock,
  Pipe,
  Queue,
  SharedArray,
  Value,
} from '../dist/index.js';
import { failure, rejection } from './helpers/segments.js';

interface Closable {
  readonly closed: boolean;
  close(): void;
}

/** What every public method of a class does after close(); what is not here stays useful or is listed below. */
function calls<T extends Closable>(
  what: string,
  make: () => T,
  sync: Record<string, (object: T) => unknown>,
  promises: Record<string, (object: T) => unknown>,
  harmless: Record<string, (object: T) => unknown>,
): void {
  describe(`a closed ${what}`, () => {
    for (const [call, body] of Object.entries(sync)) {
      it(`throws ERR_CLOSED from ${call}`, () => {
        const object = make();
        object.close();
        const error = failure(() => body(object));
        strictEqual(error['code'], 'ERR_CLOSED', error.stack ?? '');
        expect(error).toBeInstanceOf(ClosedError);
        expect(error.message).toMatch(/closed/);
      });
    }
    for (const [call, body] of Object.entries(promises)) {
      it(`rejects with ERR_CLOSED from ${call}`, async () => {
        const object = make();
        object.close();
        const error = await rejection(body(object));
        strictEqual(error['code'], 'ERR_CLOSED', error.stack ?? '');
        expect(error).toBeInstanceOf(ClosedError);
      });
    }
    it('still answers what needs no memory, and can be closed again', () => {
      const object = make();
      object.close();
      for (const body of Object.values(harmless)) body(object);
      object.close();
      strictEqual(object.closed, true);
    });
  });
}

const plain = {
  name: (object: { name: string }) => expect(object.name).toMatch(/./),
  handle: (object: { handle: unknown }) => expect(object.handle).toMatchObject({ interproc: 1 }),
  toJSON: (object: object) => expect(JSON.stringify(object)).toContain('"interproc":1'),
};

calls<Queue<number>>(
  'queue',
  () => new Queue<number>(),
  {
    putSync: (queue) => queue.putSync(1),
    'putSync with a time': (queue) => queue.putSync(1, { timeout: 1 }),
    putNowait: (queue) => queue.putNowait(1),
    putManySync: (queue) => queue.putManySync([1, 2]),
    'putManySync of nothing': (queue) => queue.putManySync([]),
    getSync: (queue) => queue.getSync(),
    'getSync with a time': (queue) => queue.getSync({ timeout: 1 }),
    getNowait: (queue) => queue.getNowait(),
    getManySync: (queue) => queue.getManySync(2),
    allocSync: (queue) => queue.allocSync(8),
    allocNowait: (queue) => queue.allocNowait(8),
    getLoanSync: (queue) => queue.getLoanSync(),
    getLoanNowait: (queue) => queue.getLoanNowait(),
    qsize: (queue) => queue.qsize(),
    empty: (queue) => queue.empty(),
    full: (queue) => queue.full(),
    shutdown: (queue) => queue.shutdown(),
    unlink: (queue) => queue.unlink(),
  },
  {
    put: (queue) => queue.put(1),
    'put with a time': (queue) => queue.put(1, { timeout: 1 }),
    'put without waiting': (queue) => queue.put(1, { block: false }),
    putMany: (queue) => queue.putMany([1, 2]),
    alloc: (queue) => queue.alloc(8),
    getLoan: (queue) => queue.getLoan(),
    'putMany of nothing': (queue) => queue.putMany([]),
    get: (queue) => queue.get(),
    'get without waiting': (queue) => queue.get({ timeout: 0 }),
    getMany: (queue) => queue.getMany(2),
    'the iterator': (queue) => queue[Symbol.asyncIterator]().next(),
  },
  {
    ...plain,
    maxsize: ({ maxsize }) => strictEqual(maxsize, 0),
    capacity: ({ capacity }) => strictEqual(capacity, 1 << 20),
  },
);

calls<Connection>(
  'end of a pipe',
  () => {
    const [a, b] = Pipe();
    b.close();
    return a;
  },
  {
    sendSync: (end) => end.sendSync(1),
    recvSync: (end) => end.recvSync(),
    'recvSync with a time': (end) => end.recvSync({ timeout: 1 }),
    sendBytesSync: (end) => end.sendBytesSync(Buffer.from('x')),
    recvBytesSync: (end) => end.recvBytesSync(),
    recvBytesIntoSync: (end) => end.recvBytesIntoSync(Buffer.alloc(5)),
    allocSync: (end) => end.allocSync(8),
    recvLoanSync: (end) => end.recvLoanSync(),
    pollSync: (end) => end.pollSync(),
    'pollSync with a time': (end) => end.pollSync(1),
    toDuplex: (end) => end.toDuplex(),
    toWebStream: (end) => end.toWebStream(),
    handOver: (end) => end.handOver(),
    unlink: (end) => end.unlink(),
  },
  {
    send: (end) => end.send(1),
    recv: (end) => end.recv(),
    sendBytes: (end) => end.sendBytes(Buffer.from('x')),
    recvBytes: (end) => end.recvBytes(),
    recvBytesInto: (end) => end.recvBytesInto(Buffer.alloc(5)),
    alloc: (end) => end.alloc(8),
    recvLoan: (end) => end.recvLoan(),
    poll: (end) => end.poll(),
    'poll with a time': (end) => end.poll(1),
    'the iterator': (end) => end[Symbol.asyncIterator]().next(),
  },
  {
    ...plain,
    readable: ({ readable }) => strictEqual(readable, false),
    writable: ({ writable }) => strictEqual(writable, false),
  },
);

calls<Value<'i'>>(
  'value',
  () => new Value('i', 1),
  {
    'reading value': (value) => value.value,
    'assigning value': (value) => {
      value.value = 1;
    },
    add: (value) => value.add(1),
    sub: (value) => value.sub(1),
    and: (value) => value.and(1),
    or: (value) => value.or(1),
    xor: (value) => value.xor(1),
    exchange: (value) => value.exchange(1),
    compareExchange: (value) => value.compareExchange(1, 2),
    getLock: (value) => value.getLock(),
    getObj: (value) => value.getObj(),
    acquireSync: (value) => value.acquireSync(),
    release: (value) => value.release(),
    unlink: (value) => value.unlink(),
  },
  {
    acquire: (value) => value.acquire(),
    'acquire at once': (value) => value.acquire({ timeout: 0 }),
  },
  { ...plain, type: ({ type }) => strictEqual(type.name, 'c_int') },
);

calls<SharedArray<'c'>>(
  'array',
  () => new SharedArray('c', 4),
  {
    'reading value': (array) => array.value,
    'assigning value': (array) => {
      array.value = Buffer.of(1);
    },
    'reading raw': (array) => array.raw,
    'assigning raw': (array) => {
      array.raw = Buffer.of(1);
    },
    getLock: (array) => array.getLock(),
    getObj: (array) => array.getObj(),
    acquireSync: (array) => array.acquireSync(),
    release: (array) => array.release(),
    unlink: (array) => array.unlink(),
  },
  { acquire: (array) => array.acquire() },
  { ...plain, length: ({ length }) => strictEqual(length, 0) },
);

calls<Lock>(
  'lock',
  () => new Lock(),
  {
    acquireSync: (lock) => lock.acquireSync(),
    'acquireSync at once': (lock) => lock.acquireSync({ timeout: 0 }),
    release: (lock) => lock.release(),
    locked: (lock) => lock.locked(),
    runSync: (lock) => lock.runSync(() => 1),
    unlink: (lock) => lock.unlink(),
  },
  {
    acquire: (lock) => lock.acquire(),
    'acquire at once': (lock) => lock.acquire({ timeout: 0 }),
    run: (lock) => lock.run(() => 1),
  },
  plain,
);

/** A method that is new has to say above what it does when closed. */
describe('the table above', () => {
  it('names every public method of the classes', () => {
    const text = readFileSync(new URL(import.meta.url), 'utf8');
    const [end, other] = Pipe();
    end.close();
    other.close();
    for (const { prototype } of [Queue, Value, Lock, end.constructor as typeof Queue]) {
      for (const key of Object.getOwnPropertyNames(prototype)) {
        if (key !== 'constructor') expect(text).toMatch(new RegExp(`\\b${key}\\b`));
      }
    }
  });
});
