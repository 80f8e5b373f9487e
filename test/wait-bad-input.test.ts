import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import {
  ClosedError,
  InterprocError,
  Lock,
  Pipe,
  ProcessError,
  Queue,
  SimpleQueue,
  Value,
  wait,
  waitSync,
} from '../dist/index.js';
import { rejects, throws } from './helpers/failures.js';
import { own, ownBoth } from './helpers/owned.js';
import { child } from './helpers/process-owned.js';
import * as targets from './fixtures/process-targets.mjs';

type Class = abstract new (...args: never[]) => Error;
type Wrong = [what: string, make: () => unknown, error: Class, code: string];
const list = (make: () => unknown) => () => [make()];
const closed = <T extends { close(): void }>(object: T): T => {
  object.close();
  return object;
};

const wrongObjects: Wrong[] = [
  ['nothing', () => undefined, TypeError, 'ERR_INVALID_ARG_TYPE'],
  ['null', () => null, TypeError, 'ERR_INVALID_ARG_TYPE'],
  ['a string', () => 'queue', TypeError, 'ERR_INVALID_ARG_TYPE'],
  ['a bare queue', () => own(new Queue()), TypeError, 'ERR_INVALID_ARG_TYPE'],
  ['a list of null', list(() => null), TypeError, 'ERR_INVALID_ARG_TYPE'],
  ['a list of a number', list(() => 3), TypeError, 'ERR_INVALID_ARG_TYPE'],
  ['a list of a plain object', list(() => ({})), TypeError, 'ERR_INVALID_ARG_TYPE'],
  ['a list with a hole', () => new Array(1), TypeError, 'ERR_INVALID_ARG_TYPE'],
  ['a value', list(() => own(new Value('i'))), TypeError, 'ERR_INVALID_ARG_TYPE'],
  ['a lock', list(() => own(new Lock())), TypeError, 'ERR_INVALID_ARG_TYPE'],
  ['a handle', list(() => own(new Queue()).handle), TypeError, 'ERR_INVALID_ARG_TYPE'],
  ['a writable stream', list(() => new Writable()), TypeError, 'ERR_INVALID_ARG_TYPE'],
  ['an empty list for ever', () => [], RangeError, 'ERR_OUT_OF_RANGE'],
  ['a closed queue', list(() => closed(new Queue())), ClosedError, 'ERR_CLOSED'],
  ['a closed simple queue', list(() => closed(new SimpleQueue())), ClosedError, 'ERR_CLOSED'],
  ['a closed connection', list(() => closed(ownBoth(Pipe())[0])), ClosedError, 'ERR_CLOSED'],
  [
    'an end that only writes',
    list(() => ownBoth(Pipe({ duplex: false }))[1]),
    InterprocError,
    'ERR_NOT_READABLE',
  ],
  [
    'a process that was not started',
    list(() => child(targets.nothing)),
    ProcessError,
    'ERR_PROCESS_NOT_STARTED',
  ],
  ['a closed process', list(() => closed(child(targets.nothing))), ClosedError, 'ERR_CLOSED'],
  [
    'the same object twice',
    () => {
      const queue = own(new Queue());
      return [queue, queue];
    },
    RangeError,
    'ERR_OUT_OF_RANGE',
  ],
];

const wrongOptions: [what: string, options: unknown, error: Class, code: string][] = [
  ['null', null, TypeError, 'ERR_INVALID_ARG_TYPE'],
  ['a number', 5, TypeError, 'ERR_INVALID_ARG_TYPE'],
  ['a misspelt option', { timout: 5 }, TypeError, 'ERR_UNKNOWN_OPTION'],
  ['a timeout that is a string', { timeout: '5' }, TypeError, 'ERR_INVALID_ARG_TYPE'],
  ['a timeout that is NaN', { timeout: Number.NaN }, TypeError, 'ERR_INVALID_ARG_TYPE'],
  ['a block that is a number', { block: 0 }, TypeError, 'ERR_INVALID_ARG_TYPE'],
  ['a signal that is none', { signal: {} }, TypeError, 'ERR_INVALID_ARG_TYPE'],
];

describe('wait and waitSync refuse', () => {
  for (const [what, make, error, code] of wrongObjects) {
    it(`${what}, with ${code}`, async () => {
      const objects = make() as [];
      await rejects(wait(objects), error, code);
      throws(() => waitSync(objects), error, code);
    });
  }

  for (const [what, options, error, code] of wrongOptions) {
    it(`options: ${what}, with ${code}`, async () => {
      const queue = own(new Queue());
      await rejects(wait([queue], options as object), error, code);
      throws(() => waitSync([queue], options as object), error, code);
    });
  }

  it('a list that is wrong in its second part, and have not begun to wait for the first', async () => {
    const queue = own(new Queue());
    await rejects(wait([queue, {} as never]), TypeError, 'ERR_INVALID_ARG_TYPE');
    queue.putSync(1);
    expect(await wait([queue])).toEqual([queue]);
  });

  it('a stream and a signal in the form that blocks', () => {
    throws(() => waitSync([new PassThrough()]), TypeError, 'ERR_INVALID_ARG_TYPE');
    const { signal } = new AbortController();
    throws(
      () => waitSync([own(new Queue())], { signal } as object),
      TypeError,
      'ERR_INVALID_ARG_TYPE',
    );
  });
});
