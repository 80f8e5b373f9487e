import { strictEqual } from 'node:assert';
import { chmodSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  Condition,
  Event,
  JoinableQueue,
  Lock,
  Pipe,
  Queue,
  RLock,
  SharedArray,
  SimpleQueue,
  Value,
} from '../dist/index.js';
import { failure, nameFor, pathOf, present } from './helpers/segments.js';

const makers: Record<
  string,
  (options: { name?: never; mode?: never }) => { name: string; close(): void }
> = {
  Queue: (options) => new Queue(options),
  Value: (options) => new Value('i', 1, options),
  SharedArray: (options) => new SharedArray('i', 1, options),
  Lock: (options) => new Lock(options),
  RLock: (options) => new RLock(options),
  Event: (options) => new Event(options),
  Condition: (options) => new Condition(undefined, options),
  JoinableQueue: (options) => new JoinableQueue(options),
  SimpleQueue: (options) => new SimpleQueue(options),
  Pipe: (options) => {
    const [a, b] = Pipe(options);
    b.close();
    return a;
  },
};
const openers: Record<string, (name: never) => unknown> = {
  'Queue.open': Queue.open,
  'Queue.openOrCreate': Queue.openOrCreate,
  'Queue.unlink': Queue.unlink,
  'Value.open': Value.open,
  'Value.openOrCreate': (name) => Value.openOrCreate(name, 'i'),
  'Value.unlink': Value.unlink,
  'SharedArray.open': SharedArray.open,
  'SharedArray.openOrCreate': (name) => SharedArray.openOrCreate(name, 'i', 1),
  'SharedArray.unlink': SharedArray.unlink,
  'Lock.open': Lock.open,
  'Lock.openOrCreate': Lock.openOrCreate,
  'Lock.unlink': Lock.unlink,
  'SimpleQueue.open': SimpleQueue.open,
  'SimpleQueue.openOrCreate': SimpleQueue.openOrCreate,
  'SimpleQueue.unlink': SimpleQueue.unlink,
  'JoinableQueue.open': JoinableQueue.open,
  'JoinableQueue.openOrCreate': JoinableQueue.openOrCreate,
  'JoinableQueue.unlink': JoinableQueue.unlink,
  'Condition.open': Condition.open,
  'Condition.openOrCreate': Condition.openOrCreate,
  'Condition.unlink': Condition.unlink,
  'Event.open': Event.open,
  'Event.openOrCreate': Event.openOrCreate,
  'Event.unlink': Event.unlink,
  'RLock.open': RLock.open,
  'RLock.openOrCreate': RLock.openOrCreate,
  'RLock.unlink': RLock.unlink,
};

const wrongNames = [
  '',
  '.',
  '..',
  'x'.repeat(201),
  'a/b',
  '/a',
  '../a',
  'a b',
  'a\0b',
  '\0',
  'naïve',
  '名',
  'a\n',
  'a*',
  'a:b',
];

describe('the name of an object', () => {
  for (const [what, make] of Object.entries(makers)) {
    it(`of ${what} is 1 to 200 characters of a small set`, () => {
      const unique = nameFor('n');
      for (const name of [
        '...',
        '-',
        '_',
        'Z',
        '0',
        `${unique}.${'x'.repeat(199 - unique.length)}`,
      ]) {
        const object = make({ name: name as never });
        strictEqual(object.name, name);
        strictEqual(present(name), true);
        object.close();
        strictEqual(present(name), false);
      }
    });

    it(`of ${what} is refused where it is anything else`, () => {
      for (const name of wrongNames) {
        const error = failure(() => make({ name: name as never }));
        strictEqual(error['code'], 'ERR_OUT_OF_RANGE');
        expect(error).toBeInstanceOf(RangeError);
        expect(error.message).toMatch(/name .*1 to 200 characters/);
      }
      for (const name of [null, 5, true, {}, ['a'], Symbol('a'), Buffer.from('a')]) {
        const error = failure(() => make({ name: name as never }));
        strictEqual(error['code'], 'ERR_INVALID_ARG_TYPE');
        expect(error).toBeInstanceOf(TypeError);
      }
    });

    it(`of ${what} is a short one of its own where none is given`, () => {
      const objects = Array.from({ length: 20 }, () => make({}));
      strictEqual(new Set(objects.map((object) => object.name)).size, 20);
      for (const { name } of objects) expect(name).toMatch(/^[a-z0-9]{6,12}$/);
      for (const object of objects) object.close();
    });

    it(`of ${what} is EEXIST where it is taken, by whatever`, () => {
      const name = nameFor('taken');
      for (const holder of Object.values(makers)) {
        const taken = holder({ name: name as never });
        const error = failure(() => make({ name: name as never }));
        strictEqual(error['code'], 'EEXIST');
        strictEqual(error['errno'], -17);
        strictEqual(error['path'], pathOf(name));
        expect(error.message).toContain('EEXIST');
        strictEqual(present(name), true);
        taken.close();
      }
      make({ name: name as never }).close();
    });
  }

  for (const [what, open] of Object.entries(openers)) {
    it(`is checked by ${what}`, () => {
      for (const name of wrongNames)
        strictEqual(failure(() => open(name as never))['code'], 'ERR_OUT_OF_RANGE');
      for (const name of [undefined, null, 5, true, {}, ['a']])
        strictEqual(failure(() => open(name as never))['code'], 'ERR_INVALID_ARG_TYPE');
    });
  }
});

describe('the mode of an object', () => {
  for (const [what, make] of Object.entries(makers)) {
    it(`of ${what} is applied exactly, whatever the umask`, () => {
      const before = process.umask(0o077);
      try {
        for (const umask of [0o077, 0o000]) {
          process.umask(umask);
          for (const mode of [undefined, 0o600, 0o640, 0o666, 0o777, 0o400]) {
            const object = make({ mode: mode as never });
            strictEqual(statSync(pathOf(object.name)).mode & 0o7777, mode ?? 0o600);
            object.close();
          }
        }
      } finally {
        process.umask(before);
      }
    });

    it(`of ${what} is refused where it is none`, () => {
      for (const mode of [-1, 0o1000, 1.5, Number.NaN])
        strictEqual(failure(() => make({ mode: mode as never }))['code'], 'ERR_OUT_OF_RANGE');
      for (const mode of ['600', null, true, 6n])
        strictEqual(failure(() => make({ mode: mode as never }))['code'], 'ERR_INVALID_ARG_TYPE');
    });
  }

  it('is what the creator asked for, also for openOrCreate after somebody changed the file', () => {
    const name = nameFor('mode');
    using value = new Value('i', 1, { name, mode: 0o640 });
    chmodSync(pathOf(name), 0o600);
    using same = Value.openOrCreate(name, 'i', 0, { mode: 0o640 });
    strictEqual(same.value, value.value);
  });
});
