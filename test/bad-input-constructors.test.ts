import { strictEqual } from 'node:assert';
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  Barrier,
  BoundedSemaphore,
  Condition,
  Event,
  JoinableQueue,
  Lock,
  Pipe,
  Queue,
  RawArray,
  RawValue,
  RLock,
  Semaphore,
  SharedArray,
  SimpleQueue,
  Value,
} from '../dist/index.js';
import { failure, nameFor, present } from './helpers/segments.js';

type Options = Record<string, unknown>;

/** Everything that creates, given an options object; the options that it knows. */
const common = ['name', 'persist', 'mode'];
const channel = [...common, 'capacity', 'maxBytes', 'codec'];
const makers: Record<string, [make: (options: never) => unknown, known: string[]]> = {
  Queue: [(options) => new Queue(options), [...channel, 'maxsize']],
  'Queue.openOrCreate': [
    (options) => Queue.openOrCreate(nameFor('q'), options),
    [...channel, 'maxsize'],
  ],
  Pipe: [(options) => Pipe(options), [...channel, 'duplex']],
  Value: [(options) => new Value('i', 1, options), [...common, 'lock']],
  'Value.openOrCreate': [
    (options) => Value.openOrCreate(nameFor('v'), 'i', 1, options),
    [...common, 'lock'],
  ],
  SharedArray: [(options) => new SharedArray('i', 1, options), [...common, 'lock']],
  'SharedArray.openOrCreate': [
    (options) => SharedArray.openOrCreate(nameFor('a'), 'i', 1, options),
    [...common, 'lock'],
  ],
  RawValue: [(options) => RawValue('i', 1, options), common],
  RawArray: [(options) => RawArray('i', 1, options), common],
  Lock: [(options) => new Lock(options), common],
  'Lock.openOrCreate': [(options) => Lock.openOrCreate(nameFor('l'), options), common],
  JoinableQueue: [(options) => new JoinableQueue(options), [...channel, 'maxsize']],
  'JoinableQueue.openOrCreate': [
    (options) => JoinableQueue.openOrCreate(nameFor('j'), options),
    [...channel, 'maxsize'],
  ],
  SimpleQueue: [(options) => new SimpleQueue(options), channel],
  'SimpleQueue.openOrCreate': [
    (options) => SimpleQueue.openOrCreate(nameFor('s'), options),
    channel,
  ],
  RLock: [(options) => new RLock(options), common],
  'RLock.openOrCreate': [(options) => RLock.openOrCreate(nameFor('r'), options), common],
  Event: [(options) => new Event(options), common],
  'Event.openOrCreate': [(options) => Event.openOrCreate(nameFor('e'), options), common],
  Condition: [(options) => new Condition(undefined, options), common],
  Semaphore: [(options) => new Semaphore(1, options), common],
  BoundedSemaphore: [(options) => new BoundedSemaphore(1, options), common],
  Barrier: [(options) => new Barrier(2, options), [...common, 'action', 'timeout']],
};

/** Wrong values of each option: the first list is of the wrong type, the second out of range. */
const wrong: Record<string, [types: unknown[], values: unknown[]]> = {
  name: [
    [null, 5, {}, true],
    ['', 'a/b', 'x'.repeat(201)],
  ],
  persist: [[null, 0, 1, 'true', {}], []],
  mode: [
    [null, '600', true, 6n, {}],
    [-1, 0o1000, 0.5, Number.NaN, Infinity],
  ],
  maxsize: [
    [null, '5', true, 5n, {}],
    [0.5, Number.NaN, -Infinity, 2 ** 60],
  ],
  capacity: [
    [null, '5', true, 5n, {}],
    [0, -1, 0.5, Number.NaN, 2 ** 31, Infinity],
  ],
  maxBytes: [
    [null, '5', true, 5n, {}],
    [0, -1, 0.5, Number.NaN, 2 ** 40, -Infinity],
  ],
  duplex: [[null, 0, 1, 'true', {}], []],
  action: [[null, 5, 'x', {}], []],
  timeout: [[null, '5', Number.NaN, 5n, {}], []],
  lock: [[null, 0, 1, 'true', {}, []], []],
  codec: [
    [null, 5, true, {}, { encode: 1, decode: 2 }, { encode: () => new Uint8Array() }, []],
    ['', 'msgpck', 'JSON', '__proto__'],
  ],
};

const oursAround = () =>
  readdirSync('/dev/shm').filter((file) => file.includes(`seg-${process.pid}-`));

for (const [what, [make, known]] of Object.entries(makers)) {
  describe(`the options of ${what}`, () => {
    it('have to be an object', () => {
      // A number is Python's Queue(maxsize).
      const others = /^(Joinable)?Queue/.test(what) ? [] : [5, 0];
      for (const options of [null, 'x', true, [], Symbol('x'), () => 1, ...others]) {
        const error = failure(() => make(options as never));
        strictEqual(error['code'], 'ERR_INVALID_ARG_TYPE');
        expect(error).toBeInstanceOf(TypeError);
        expect(error.message).toMatch(/must be an object. Received/);
      }
    });

    for (const option of known) {
      it(`are told apart by type and by range: ${option}`, () => {
        const [types, values] = wrong[option] as [unknown[], unknown[]];
        for (const value of types) {
          const error = failure(() => make({ [option]: value } as never));
          strictEqual(error['code'], 'ERR_INVALID_ARG_TYPE', String(error.stack));
          expect(error).toBeInstanceOf(TypeError);
          expect(error.message).toMatch(new RegExp(`${option}.*must be`));
        }
        for (const value of values) {
          const error = failure(() => make({ [option]: value } as never));
          strictEqual(error['code'], 'ERR_OUT_OF_RANGE', String(error.stack));
          expect(error).toBeInstanceOf(RangeError);
          expect(error.message).toMatch(new RegExp(`${option}.*must be`));
        }
        // Left out and undefined are the same.
        const made = make({ [option]: undefined } as never) as
          | { close?(): void }
          | { close(): void }[];
        for (const object of [made].flat()) object.close?.();
      });

      it(`misspelt are refused with the right spelling: ${option}`, () => {
        const misspelt = `${option.slice(0, 1)}${option.slice(2)}`;
        const error = failure(() => make({ [misspelt]: undefined } as never));
        strictEqual(error['code'], 'ERR_UNKNOWN_OPTION');
        expect(error).toBeInstanceOf(TypeError);
        expect(error.message).toContain(`'${misspelt}'`);
        expect(error.message).toContain(`'${option}'`);
      });
    }

    it('that belong elsewhere are refused, and the known ones listed', () => {
      const error = failure(() => make({ somethingElse: 1 } as never));
      strictEqual(error['code'], 'ERR_UNKNOWN_OPTION');
      for (const option of known) expect(error.message).toContain(option);
    });

    it('are read before anything is created', () => {
      const name = nameFor('unmade');
      const before = oursAround().length;
      for (const extra of [{ mode: 'x' }, { persist: 1 }, { nmae: 'x' }] as Options[])
        failure(() => make({ name, ...extra } as never));
      strictEqual(present(name), false);
      strictEqual(oursAround().length, before);
    });
  });
}

describe('the single number of a Queue', () => {
  it('is its maxsize, as in Python', () => {
    using three = new Queue(3);
    using none = new Queue(0);
    using negative = new Queue(-1);
    strictEqual([three, none, negative].map((queue) => queue.maxsize).join(), '3,0,0');
    for (const number of [0.5, Number.NaN])
      strictEqual(failure(() => new Queue(number))['code'], 'ERR_OUT_OF_RANGE');
  });
});
