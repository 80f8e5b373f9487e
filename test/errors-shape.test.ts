import { deepStrictEqual, strictEqual } from 'node:assert';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as errors from '../dist/errors.js';

const table: [string, string][] = [
  ['Empty', 'ERR_QUEUE_EMPTY'],
  ['Full', 'ERR_QUEUE_FULL'],
  ['ShutDown', 'ERR_QUEUE_SHUTDOWN'],
  ['ClosedError', 'ERR_CLOSED'],
  ['EOFError', 'ERR_EOF'],
  ['BrokenPipeError', 'EPIPE'],
  ['BufferTooShort', 'ERR_BUFFER_TOO_SHORT'],
  ['SerializationError', 'ERR_NOT_SERIALIZABLE'],
  ['CorruptSegmentError', 'ERR_CORRUPT_SEGMENT'],
  ['LayoutMismatchError', 'ERR_LAYOUT_MISMATCH'],
  ['MessageTooLargeError', 'ERR_MESSAGE_TOO_LARGE'],
  ['LockNotOwnedError', 'ERR_LOCK_NOT_OWNED'],
  ['DeadlockError', 'ERR_DEADLOCK'],
  ['BrokenBarrierError', 'ERR_BARRIER_BROKEN'],
  ['TimeoutError', 'ERR_TIMEOUT'],
  ['AuthenticationError', 'ERR_AUTHENTICATION'],
  ['RemoteError', 'ERR_REMOTE'],
  ['WorkerDiedError', 'ERR_WORKER_DIED'],
  ['AbortError', 'ABORT_ERR'],
];

const classes = new Map<string, unknown>(Object.entries(errors));

type Constructor = new (message?: string, options?: object) => Error & { code: string };

describe('an error class', () => {
  for (const [name, code] of table) {
    it(`named ${name} has code ${code}, also when the native side makes it`, () => {
      const Class = classes.get(name) as unknown as Constructor;
      const cause = new Error('why');
      const error = new Class('text', { cause });
      strictEqual(error.name, name);
      strictEqual(error.code, code);
      strictEqual(error.message, 'text');
      strictEqual(error.cause, cause);
      expect(error).toBeInstanceOf(errors.InterprocError);
      expect(error.stack).toContain(`${name}: text`);
      strictEqual(Object.keys(error).includes('name'), false);
      expect(new Class().message.length).toBeGreaterThan(5);
      strictEqual('cause' in new Class(), false);

      const native = errors.createNativeError(code, 'text');
      expect(native).toBeInstanceOf(Class);
      strictEqual((native as Error & { code: string }).code, code);
    });
  }

  it('of processes has every code of its kind', () => {
    for (const code of [
      'ERR_PROCESS_STARTED',
      'ERR_PROCESS_NOT_STARTED',
      'ERR_PROCESS_ALIVE',
      'ERR_TARGET_NOT_EXPORTED',
      'ERR_BOOTSTRAPPING',
    ]) {
      const error = errors.createNativeError(code, 'x');
      expect(error).toBeInstanceOf(errors.ProcessError);
      strictEqual((error as errors.ProcessError).code, code);
    }
  });

  it('of a layout is a LayoutMismatchError with a name of its own, also when the native side makes it', () => {
    for (const [layout, name] of [
      ['foreign', 'ForeignSegmentError'],
      ['older', 'OlderLayoutError'],
      ['newer', 'NewerLayoutError'],
    ] as const) {
      const Class = classes.get(name) as unknown as Constructor;
      const native = errors.createNativeError('ERR_LAYOUT_MISMATCH', 'x', { layout });
      for (const error of [new Class('x'), native as Error & { code: string }]) {
        strictEqual(error.constructor, Class);
        expect(error).toBeInstanceOf(errors.LayoutMismatchError);
        deepStrictEqual(
          [error.name, error.code, error.message],
          [name, 'ERR_LAYOUT_MISMATCH', 'x'],
        );
      }
    }
  });

  it('without a name of its own is InterprocError', () => {
    for (const code of [
      'ERR_OPTIONS_MISMATCH',
      'ERR_NOT_READABLE',
      'ERR_NOT_WRITABLE',
      'ERR_TASK_DONE',
      'ERR_SEMAPHORE_BOUND',
    ]) {
      const error = errors.createNativeError(code, 'x');
      strictEqual(error.constructor, errors.InterprocError);
      strictEqual((error as errors.InterprocError).code, code);
    }
  });

  it('keeps the path of a value and the data of a message', () => {
    strictEqual(new errors.SerializationError('x', { path: '$.a' }).path, '$.a');
    deepStrictEqual(
      new errors.BufferTooShort('x', { data: Buffer.from('abc') }).data,
      Buffer.from('abc'),
    );
  });
});

describe('the error of a system call', () => {
  it("is shaped as Node's own", () => {
    let own: NodeJS.ErrnoException | undefined;
    try {
      readFileSync('/nonexistent');
    } catch (error) {
      own = error as NodeJS.ErrnoException;
    }
    const ours = errors.systemError({ code: 'ENOENT', syscall: 'open', path: '/nonexistent' });
    strictEqual(ours.message, own?.message);
    deepStrictEqual({ ...ours }, { ...own });
  });

  it('has a negative number however it is given, and its own text where there is one', () => {
    for (const errno of [13, -13, undefined]) {
      const error = errors.createNativeError('EACCES', '', {
        syscall: 'shm_open',
        path: '/interproc.x',
        ...(errno && { errno }),
      }) as NodeJS.ErrnoException;
      strictEqual(error.errno, -13);
      strictEqual(error.message, "EACCES: permission denied, shm_open '/interproc.x'");
    }
    strictEqual(
      errors.systemError({ code: 'ENOSPC', message: 'no room', syscall: 'x' }).message,
      'ENOSPC: no room, x',
    );
    strictEqual(
      errors.systemError({ code: 'ENOSPC', message: 'ENOSPC: said already', syscall: 'x' }).message,
      'ENOSPC: said already',
    );
    strictEqual((errors.systemError({ code: 'EPIPE' }) as NodeJS.ErrnoException).errno, -32);
    expect(errors.systemError({ code: 'EPIPE' })).toBeInstanceOf(errors.BrokenPipeError);
    expect(errors.systemError({ code: 'EUNHEARDOF' }).message).toContain('EUNHEARDOF');
  });
});

describe('the error of a wrong argument', () => {
  it('says what was expected and what came', () => {
    const type = errors.invalidArgType('timeout', 'a number', 'soon');
    expect(type).toBeInstanceOf(TypeError);
    strictEqual(type.code, 'ERR_INVALID_ARG_TYPE');
    expect(type.message).toMatch(/timeout must be a number.*string 'soon'/);
    const range = errors.outOfRange('max', 'from 1 to 3', 4);
    expect(range).toBeInstanceOf(RangeError);
    strictEqual(range.code, 'ERR_OUT_OF_RANGE');
    expect(range.message).toMatch(/max must be from 1 to 3.*number 4/);
  });

  it('describes any value without calling it or growing long', () => {
    const trap = {
      toString() {
        throw new Error('called');
      },
      [Symbol.toPrimitive]() {
        throw new Error('called');
      },
    };
    for (const value of [
      trap,
      Symbol('s'),
      5n,
      null,
      undefined,
      () => 1,
      'x'.repeat(1e6),
      new Array(1e6).fill('y'),
    ]) {
      expect(errors.invalidArgType('a', 'b', value).message.length).toBeLessThan(120);
    }
  });

  it('suggests the nearest option', () => {
    const known = ['block', 'timeout', 'signal', 'maxsize', 'maxBytes'];
    for (const [wrong, right] of [
      ['timout', 'timeout'],
      ['Timeout', 'timeout'],
      ['maxSize', 'maxsize'],
      ['singal', 'signal'],
      ['max_bytes', 'maxBytes'],
    ]) {
      const error = errors.unknownOption(wrong as string, known);
      strictEqual(error.code, 'ERR_UNKNOWN_OPTION');
      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toContain(`'${right}'`);
    }
    expect(errors.unknownOption('colour', known).message).toContain('Known are block, timeout');
    expect(errors.unknownOption('x', []).message).toContain('none');
  });

  it('is what the native side makes of its codes', () => {
    expect(errors.createNativeError('ERR_INVALID_ARG_TYPE', 'm')).toBeInstanceOf(TypeError);
    expect(errors.createNativeError('ERR_OUT_OF_RANGE', 'm')).toBeInstanceOf(RangeError);
    strictEqual(
      (errors.createNativeError('ERR_OUT_OF_RANGE', 'm') as errors.InterprocError).code,
      'ERR_OUT_OF_RANGE',
    );
  });
});

describe('an aborted wait', () => {
  it('rejects with an AbortError that has the reason as its cause', () => {
    const reason = { why: 1 };
    const error = errors.abortError(AbortSignal.abort(reason));
    strictEqual(error.name, 'AbortError');
    strictEqual(error.code, 'ABORT_ERR');
    strictEqual(error.cause, reason);
  });
});
