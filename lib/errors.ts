import { getSystemErrorMap } from 'node:util';
import { coded } from './argument-errors.js';

export { type Coded, invalidArgType, outOfRange, unknownOption } from './argument-errors.js';

/** What every error constructor of this package takes after its message. */
export interface InterprocErrorOptions {
  /** The error that led to this one. */
  readonly cause?: unknown;
  /** A stable code, where the class has more than one. */
  readonly code?: string;
}

/** How to describe a failed system call. */
export interface SystemErrorDetails {
  /** The symbolic name, such as `'EACCES'`. */
  readonly code: string;
  /** The number, negative as Node.js gives it; looked up from `code` when left out. */
  readonly errno?: number | undefined;
  /** The call that failed, such as `'shm_open'`. */
  readonly syscall?: string | undefined;
  /** The object that the call was about. */
  readonly path?: string | undefined;
  /** Replaces the system's text for the code. */
  readonly message?: string | undefined;
}

let systemErrnos: Map<string, { errno: number; text: string }> | undefined;

function systemErrnoTable(): Map<string, { errno: number; text: string }> {
  if (systemErrnos === undefined) {
    systemErrnos = new Map();
    for (const [errno, [code, text]] of getSystemErrorMap())
      systemErrnos.set(code, { errno, text });
  }
  return systemErrnos;
}

function errnoOf(code: string): number | undefined {
  return systemErrnoTable().get(code)?.errno;
}

/**
 * What this package throws, other than `TypeError` and `RangeError` for wrong arguments. `code` is stable, messages are not.
 * Where a system call failed, `errno`, `syscall` and `path` are set as on Node's own errors.
 */
export class InterprocError extends Error {
  readonly code: string;
  declare readonly errno?: number;
  declare readonly syscall?: string;
  declare readonly path?: string;

  constructor(message = 'The operation failed', options: InterprocErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = options.code ?? 'ERR_INTERPROC';
  }
}

/** `get`: nothing came in time. Python: `queue.Empty`. */
export class Empty extends InterprocError {
  constructor(message = 'The queue is empty', options: InterprocErrorOptions = {}) {
    super(message, { code: 'ERR_QUEUE_EMPTY', ...options });
  }
}

/** `put`: there was no room in time. Python: `queue.Full`. */
export class Full extends InterprocError {
  constructor(message = 'The queue is full', options: InterprocErrorOptions = {}) {
    super(message, { code: 'ERR_QUEUE_FULL', ...options });
  }
}

/** `put` after `shutdown()`, and `get` after it once the queue is drained. Python: `queue.ShutDown`. */
export class ShutDown extends InterprocError {
  constructor(message = 'The queue was shut down', options: InterprocErrorOptions = {}) {
    super(message, { code: 'ERR_QUEUE_SHUTDOWN', ...options });
  }
}

/** This handle was closed. Python: `ValueError` or `OSError("handle is closed")`. */
export class ClosedError extends InterprocError {
  constructor(message = 'The handle is closed', options: InterprocErrorOptions = {}) {
    super(message, { code: 'ERR_CLOSED', ...options });
  }
}

/** `recv`: the peer closed or died, and all that it sent was read. Python: `EOFError`. */
export class EOFError extends InterprocError {
  constructor(message = 'The other end is closed', options: InterprocErrorOptions = {}) {
    super(message, { code: 'ERR_EOF', ...options });
  }
}

/** `send`: no one can ever read it. Python: `BrokenPipeError`. */
export class BrokenPipeError extends InterprocError {
  constructor(message = 'EPIPE: broken pipe, send', options: InterprocErrorOptions = {}) {
    super(message, { code: 'EPIPE', ...options });
    Object.assign(this, { errno: errnoOf('EPIPE'), syscall: 'send' });
  }
}

/** `recvBytesInto`: the buffer is too short; the message was taken and is whole in `data`. Python: `BufferTooShort`. */
export class BufferTooShort extends InterprocError {
  readonly data: Buffer | undefined;

  constructor(
    message = 'The buffer is too short for the message',
    options: InterprocErrorOptions & { readonly data?: Buffer } = {},
  ) {
    super(message, { code: 'ERR_BUFFER_TOO_SHORT', ...options });
    this.data = options.data;
  }
}

/** The value cannot be encoded or the bytes cannot be decoded; `path` names the part, as in `$.a[3].fn`. Python: `PicklingError`. */
export class SerializationError extends InterprocError {
  override readonly path: string;

  constructor(
    message = 'The value cannot be serialized',
    options: InterprocErrorOptions & { readonly path?: string } = {},
  ) {
    super(message, { code: 'ERR_NOT_SERIALIZABLE', ...options });
    this.path = options.path ?? '$';
  }
}

/** The shared bytes break the rules of the layout. */
export class CorruptSegmentError extends InterprocError {
  constructor(message = 'The shared memory is corrupt', options: InterprocErrorOptions = {}) {
    super(message, { code: 'ERR_CORRUPT_SEGMENT', ...options });
  }
}

/** The object is of another kind, or one of the other byte order; the classes below say more. */
export class LayoutMismatchError extends InterprocError {
  constructor(
    message = 'The shared memory has another layout',
    options: InterprocErrorOptions = {},
  ) {
    super(message, { code: 'ERR_LAYOUT_MISMATCH', ...options });
  }
}

/** What has the name is not an object of ours. Python: `ForeignSegmentError`. */
export class ForeignSegmentError extends LayoutMismatchError {}

/** An older version of this package made the object, with another layout. Python: `OlderLayoutError`. */
export class OlderLayoutError extends LayoutMismatchError {}

/** A newer version of this package made the object, with a layout or features that this one does not know. Python: `NewerLayoutError`. */
export class NewerLayoutError extends LayoutMismatchError {}

/** The message is larger than `maxBytes` allows. */
export class MessageTooLargeError extends InterprocError {
  constructor(message = 'The message is too large', options: InterprocErrorOptions = {}) {
    super(message, { code: 'ERR_MESSAGE_TOO_LARGE', ...options });
  }
}

/** `release`, `wait` or `notify` by one who does not hold the lock. Python: `ValueError`, `AssertionError` or `RuntimeError`. */
export class LockNotOwnedError extends InterprocError {
  constructor(
    message = 'The lock is not held by this thread',
    options: InterprocErrorOptions = {},
  ) {
    super(message, { code: 'ERR_LOCK_NOT_OWNED', ...options });
  }
}

/** A wait without limit, in the `Sync` form, that only this same thread could end. */
export class DeadlockError extends InterprocError {
  constructor(
    message = 'The wait could only be ended by this thread',
    options: InterprocErrorOptions = {},
  ) {
    super(message, { code: 'ERR_DEADLOCK', ...options });
  }
}

/** The barrier was broken while or before waiting. Python: `BrokenBarrierError`. */
export class BrokenBarrierError extends InterprocError {
  constructor(message = 'The barrier is broken', options: InterprocErrorOptions = {}) {
    super(message, { code: 'ERR_BARRIER_BROKEN', ...options });
  }
}

/** A timed wait that has no better name ran out. Python: `multiprocessing.TimeoutError`. */
export class TimeoutError extends InterprocError {
  constructor(message = 'The wait timed out', options: InterprocErrorOptions = {}) {
    super(message, { code: 'ERR_TIMEOUT', ...options });
  }
}

/** The other side did not prove that it knows the key. Python: `AuthenticationError`. */
export class AuthenticationError extends InterprocError {
  constructor(message = 'The authentication failed', options: InterprocErrorOptions = {}) {
    super(message, { code: 'ERR_AUTHENTICATION', ...options });
  }
}

/** A manager's server could not do what was asked; its stack is in `cause`. Python: `RemoteError`. */
export class RemoteError extends InterprocError {
  constructor(message = 'The remote call failed', options: InterprocErrorOptions = {}) {
    super(message, { code: 'ERR_REMOTE', ...options });
  }
}

/** Misuse of a `Process`; `code` says which. Python: `ProcessError`, `AssertionError` or `ValueError`. */
export class ProcessError extends InterprocError {
  constructor(message = 'The process cannot do that', options: InterprocErrorOptions = {}) {
    super(message, { code: 'ERR_PROCESS', ...options });
  }
}

/** The worker of a `Pool` that had the task died. */
export class WorkerDiedError extends InterprocError {
  constructor(message = 'The worker died', options: InterprocErrorOptions = {}) {
    super(message, { code: 'ERR_WORKER_DIED', ...options });
  }
}

/** The `signal` of a wait was aborted; its reason is `cause`. Nothing was taken. */
export class AbortError extends InterprocError {
  constructor(message = 'The operation was aborted', options: InterprocErrorOptions = {}) {
    super(message, { code: 'ABORT_ERR', ...options });
  }
}

type ErrorClass = new (message?: string, options?: InterprocErrorOptions) => InterprocError;

const classes: Readonly<Record<string, ErrorClass>> = {
  Empty,
  Full,
  ShutDown,
  ClosedError,
  EOFError,
  BrokenPipeError,
  BufferTooShort,
  SerializationError,
  CorruptSegmentError,
  LayoutMismatchError,
  MessageTooLargeError,
  LockNotOwnedError,
  DeadlockError,
  BrokenBarrierError,
  TimeoutError,
  AuthenticationError,
  RemoteError,
  ProcessError,
  WorkerDiedError,
  AbortError,
};
/** What the addon's `layout` says of an `ERR_LAYOUT_MISMATCH`. */
const layoutClasses: Readonly<Record<string, ErrorClass>> = {
  foreign: ForeignSegmentError,
  older: OlderLayoutError,
  newer: NewerLayoutError,
};

const named = {
  InterprocError,
  ForeignSegmentError,
  OlderLayoutError,
  NewerLayoutError,
  ...classes,
};
for (const [name, Class] of Object.entries(named)) {
  // On the prototype and not enumerable, as on the language's own classes; a literal also survives minifiers.
  Object.defineProperty(Class.prototype, 'name', {
    value: name,
    configurable: true,
    writable: true,
  });
}

let classesByCode: Map<string, ErrorClass> | undefined;

/** Made with the first error, and not before: an instance of each class is needed to ask for its code. */
function classOf(code: string): ErrorClass | undefined {
  if (classesByCode === undefined) {
    classesByCode = new Map(Object.values(classes).map((Class) => [new Class().code, Class]));
    for (const ours of ['ERR_TARGET_NOT_EXPORTED', 'ERR_BOOTSTRAPPING'])
      classesByCode.set(ours, ProcessError);
  }
  return classesByCode.get(code);
}

/**
 * An `InterprocError` shaped as Node's own errors of system calls: `code`, negative `errno`, `syscall` and `path`, with the message
 * `EACCES: permission denied, shm_open '/interproc.x'`.
 */
export function systemError(details: SystemErrorDetails): InterprocError {
  const { code, syscall, path, message } = details;
  const known = systemErrnoTable().get(code);
  const errno = details.errno === undefined ? known?.errno : -Math.abs(details.errno);
  let text = message !== undefined && message !== '' ? message : (known?.text ?? 'unknown error');
  if (!text.startsWith(`${code}:`)) {
    text = `${code}: ${text}`;
    if (syscall !== undefined) text += `, ${syscall}`;
    if (path !== undefined) text += ` '${path}'`;
  }
  const error = code === 'EPIPE' ? new BrokenPipeError(text) : new InterprocError(text, { code });
  if (errno !== undefined) Object.assign(error, { errno });
  if (syscall !== undefined) Object.assign(error, { syscall });
  if (path !== undefined) Object.assign(error, { path });
  return error;
}

/** What the addon says of an error beside its code and message. */
export interface NativeErrorDetails {
  readonly errno?: number;
  readonly syscall?: string;
  readonly path?: string;
  /** `'foreign'`, `'older'` or `'newer'`, of an `ERR_LAYOUT_MISMATCH` with a class of its own. */
  readonly layout?: string;
}

/** The error of the right class for a stable code, with the system call's details where there are some. The addon makes its errors here. */
export function createNativeError(
  code: string,
  message: string,
  details: NativeErrorDetails = {},
): Error {
  if (code === 'ERR_INVALID_ARG_TYPE') return coded(new TypeError(message), code);
  if (code === 'ERR_UNKNOWN_OPTION') return coded(new TypeError(message), code);
  if (code === 'ERR_OUT_OF_RANGE') return coded(new RangeError(message), code);
  if (/^E[A-Z0-9]+$/.test(code)) return systemError({ code, message, ...details });
  const Class =
    layoutClasses[details.layout ?? ''] ??
    classOf(code) ??
    (code.startsWith('ERR_PROCESS') ? ProcessError : InterprocError);
  const error = new Class(message === '' ? undefined : message, { code });
  for (const key of ['errno', 'syscall', 'path'] as const) {
    if (details[key] !== undefined) Object.assign(error, { [key]: details[key] });
  }
  return error;
}

/** What an aborted wait rejects with: `name` is `'AbortError'`, `code` `'ABORT_ERR'`, `cause` the signal's reason. */
export function abortError(signal: AbortSignal): AbortError {
  return new AbortError(undefined, { cause: signal.reason });
}
