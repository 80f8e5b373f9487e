import { strictEqual } from 'node:assert';
import { afterAll, describe, expect, it } from 'vitest';
import { Lock, Pipe, Queue, SharedArray, Value } from '../dist/index.js';
import { failure, rejection } from './helpers/segments.js';

const queue = new Queue<unknown>({ maxsize: 1 });
const [near, far] = Pipe<unknown>();
const value = new Value('i', 1);
const array = new SharedArray('i', 1);
const lock = new Lock();
afterAll(() => {
  for (const object of [queue, near, far, value, array, lock]) object.close();
});

const bytes = Buffer.from('x');

/** Every method that takes the options of a wait, in its two forms. */
const promises: Record<string, (options: never) => unknown> = {
  'queue.put': (options) => queue.put(1, options),
  'queue.putMany': (options) => queue.putMany([1], options),
  'queue.get': (options) => queue.get(options),
  'queue.getMany': (options) => queue.getMany(1, options),
  'connection.send': (options) => near.send(1, options),
  'connection.recv': (options) => near.recv(options),
  'connection.sendBytes': (options) => near.sendBytes(bytes, 0, 1, options),
  'connection.recvBytes': (options) => near.recvBytes(5, options),
  'connection.recvBytesInto': (options) => near.recvBytesInto(Buffer.alloc(5), 0, options),
  'lock.acquire': (options) => lock.acquire(options),
  'value.acquire': (options) => value.acquire(options),
  'array.acquire': (options) => array.acquire(options),
};
const syncs: Record<string, (options: never) => unknown> = {
  'queue.putSync': (options) => queue.putSync(1, options),
  'queue.putManySync': (options) => queue.putManySync([1], options),
  'queue.getSync': (options) => queue.getSync(options),
  'queue.getManySync': (options) => queue.getManySync(1, options),
  'connection.sendSync': (options) => near.sendSync(1, options),
  'connection.recvSync': (options) => near.recvSync(options),
  'connection.sendBytesSync': (options) => near.sendBytesSync(bytes, 0, 1, options),
  'connection.recvBytesSync': (options) => near.recvBytesSync(5, options),
  'connection.recvBytesIntoSync': (options) => near.recvBytesIntoSync(Buffer.alloc(5), 0, options),
  'lock.acquireSync': (options) => lock.acquireSync(options),
  'value.acquireSync': (options) => value.acquireSync(options),
  'array.acquireSync': (options) => array.acquireSync(options),
};

/** With `block: false`, so that a check that is missing shows as a wrong answer and not as a wait without end. */
const wrongOptions: [code: string, says: RegExp, options: unknown][] = [
  ['ERR_INVALID_ARG_TYPE', /must be an object/, null],
  ['ERR_INVALID_ARG_TYPE', /must be an object/, 5],
  ['ERR_INVALID_ARG_TYPE', /must be an object/, 'x'],
  ['ERR_INVALID_ARG_TYPE', /must be an object/, []],
  ['ERR_INVALID_ARG_TYPE', /must be an object/, true],
  [
    'ERR_INVALID_ARG_TYPE',
    /timeout must be a number of milliseconds.*'5'/,
    { timeout: '5', block: false },
  ],
  ['ERR_INVALID_ARG_TYPE', /timeout.*null/, { timeout: null, block: false }],
  ['ERR_INVALID_ARG_TYPE', /timeout.*NaN/, { timeout: Number.NaN, block: false }],
  ['ERR_INVALID_ARG_TYPE', /timeout.*5n/, { timeout: 5n, block: false }],
  ['ERR_INVALID_ARG_TYPE', /block must be a boolean/, { block: 1 }],
  ['ERR_INVALID_ARG_TYPE', /block/, { block: null }],
  ['ERR_INVALID_ARG_TYPE', /signal/, { signal: {}, block: false }],
  ['ERR_INVALID_ARG_TYPE', /signal/, { signal: null, block: false }],
  ['ERR_INVALID_ARG_TYPE', /signal/, { signal: new AbortController(), block: false }],
  ['ERR_UNKNOWN_OPTION', /'timout'.*'timeout'/, { timout: 5, block: false }],
  ['ERR_UNKNOWN_OPTION', /'blok'.*'block'/, { blok: true, block: false }],
  ['ERR_UNKNOWN_OPTION', /'sginal'.*'signal'/, { sginal: undefined, block: false }],
  ['ERR_UNKNOWN_OPTION', /Known are block, timeout, signal/, { somethingElse: 5, block: false }],
];

describe('the options of a wait', () => {
  for (const [what, call] of Object.entries(promises)) {
    it(`of ${what} reject, and the call has done nothing`, async () => {
      for (const [code, says, options] of wrongOptions) {
        const error = await rejection(call(options as never));
        strictEqual(error['code'], code);
        expect(error).toBeInstanceOf(TypeError);
        expect(error.message).toMatch(says);
      }
      strictEqual(queue.qsize(), 0);
      strictEqual(far.pollSync(), false);
      strictEqual(lock.locked(), false);
    });
  }

  for (const [what, call] of Object.entries(syncs)) {
    it(`of ${what} throw, a signal as well, and the call has done nothing`, () => {
      const signal: (typeof wrongOptions)[number] = [
        'ERR_INVALID_ARG_TYPE',
        /signal.*left out/,
        { signal: new AbortController().signal },
      ];
      for (const [code, says, options] of [...wrongOptions, signal]) {
        const error = failure(() => call(options as never));
        strictEqual(error['code'], code);
        expect(error).toBeInstanceOf(TypeError);
        expect(error.message).toMatch(says);
      }
      strictEqual(queue.qsize(), 0);
      strictEqual(far.pollSync(), false);
      strictEqual(lock.locked(), false);
    });
  }
});

/** Arguments before the options: [code, what the message says, the call]. */
const throwing: [string, RegExp, () => unknown][] = [];
const rejecting: [string, RegExp, () => unknown][] = [];
const type = 'ERR_INVALID_ARG_TYPE';
const range = 'ERR_OUT_OF_RANGE';

for (const items of [undefined, null, 5, true, {}, () => 1]) {
  rejecting.push([type, /items must be an iterable/, () => queue.putMany(items as never)]);
  throwing.push([type, /items must be an iterable/, () => queue.putManySync(items as never)]);
}
for (const max of [undefined, null, '1', 1n, {}]) {
  rejecting.push([type, /max must be an integer/, () => queue.getMany(max as never)]);
  throwing.push([type, /max must be an integer/, () => queue.getManySync(max as never)]);
}
for (const max of [0, -1, 1.5, Number.NaN, Infinity]) {
  rejecting.push([range, /max must be an integer from 1/, () => queue.getMany(max)]);
  throwing.push([range, /max must be an integer from 1/, () => queue.getManySync(max)]);
}
throwing.push([
  type,
  /immediate must be a boolean/,
  () => queue.shutdown({ immediate: 1 } as never),
]);
throwing.push([type, /must be an object/, () => queue.shutdown(true as never)]);
throwing.push([
  'ERR_UNKNOWN_OPTION',
  /'immediate'/,
  () => queue.shutdown({ imediate: true } as never),
]);

for (const buffer of [undefined, null, 5, 'text', {}, [1]]) {
  rejecting.push([type, /buffer must be a Buffer/, () => near.sendBytes(buffer as never)]);
  rejecting.push([type, /buffer must be a Buffer/, () => near.recvBytesInto(buffer as never)]);
  throwing.push([type, /buffer must be a Buffer/, () => near.sendBytesSync(buffer as never)]);
  throwing.push([type, /buffer must be a Buffer/, () => near.recvBytesIntoSync(buffer as never)]);
}
for (const [code, offset] of [
  [type, '0'],
  [type, null],
  [type, 0n],
  [range, -1],
  [range, 2],
  [range, 0.5],
  [range, Number.NaN],
] as const) {
  const says = /offset must be an integer/;
  rejecting.push([code, says, () => near.sendBytes(bytes, offset as never)]);
  rejecting.push([code, says, () => near.recvBytesInto(bytes, offset as never)]);
  throwing.push([code, says, () => near.sendBytesSync(bytes, offset as never)]);
  throwing.push([code, says, () => near.recvBytesIntoSync(bytes, offset as never)]);
}
for (const [code, size] of [
  [type, '1'],
  [type, null],
  [range, -1],
  [range, 2],
  [range, 0.5],
] as const) {
  rejecting.push([code, /size must be an integer/, () => near.sendBytes(bytes, 0, size as never)]);
  throwing.push([
    code,
    /size must be an integer/,
    () => near.sendBytesSync(bytes, 0, size as never),
  ]);
}
for (const [code, most] of [
  [type, '1'],
  [type, null],
  [range, -1],
  [range, 0.5],
] as const) {
  rejecting.push([code, /maxLength must be an integer/, () => near.recvBytes(most as never)]);
  throwing.push([code, /maxLength must be an integer/, () => near.recvBytesSync(most as never)]);
}
for (const timeout of ['1', null, Number.NaN, 1n, {}]) {
  rejecting.push([type, /timeout must be a number/, () => near.poll(timeout as never)]);
  throwing.push([type, /timeout must be a number/, () => near.pollSync(timeout as never)]);
}
for (const body of [undefined, null, 5, {}]) {
  rejecting.push([type, /body must be a function/, () => lock.run(body as never)]);
  throwing.push([type, /body must be a function/, () => lock.runSync(body as never)]);
}
for (const [code, options] of [
  [type, null],
  [type, 5],
  [type, { codec: 5 }],
  [range, { codec: 'xml' }],
  ['ERR_UNKNOWN_OPTION', { maxsize: 5 }],
  ['ERR_UNKNOWN_OPTION', { kodec: 'json' }],
] as const)
  throwing.push([code, /codec|options/, () => Queue.open(queue.name, options as never)]);

describe('the arguments of a method', () => {
  it('throw in the forms that do not promise', () => {
    for (const [code, says, call] of throwing) {
      const error = failure(call);
      strictEqual(error['code'], code, `${call}: ${error.stack}`);
      expect(error).toBeInstanceOf(code === range ? RangeError : TypeError);
      expect(error.message).toMatch(says);
    }
  });

  it('reject in the forms that promise', async () => {
    for (const [code, says, call] of rejecting) {
      const error = await rejection(call());
      strictEqual(error['code'], code, `${call}: ${error.stack}`);
      expect(error).toBeInstanceOf(code === range ? RangeError : TypeError);
      expect(error.message).toMatch(says);
    }
  });

  it('that were wrong have done nothing', () => {
    strictEqual(queue.qsize(), 0);
    queue.putNowait('still open');
    strictEqual(queue.getNowait(), 'still open');
    strictEqual(far.pollSync(), false);
    strictEqual(lock.locked(), false);
  });
});
