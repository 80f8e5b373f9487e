import { abortError, EOFError, MessageTooLargeError, RemoteError } from '../errors.js';
import { fromPart, revive } from '../remote-error.js';
import type { Call } from './call.js';
import type { CallEntry } from './outbox.js';
import { bodyPath, serverObject } from './wire.js';

/** The error of an argument that cannot travel, with its path from the arguments on: `$[1].fn` is in the second one. */
export function fromArguments(error: unknown, [what, , target, method]: CallEntry): unknown {
  const created = target === serverObject && method === 'create';
  return fromPart(error, `${bodyPath(what)}${created ? '[1]' : ''}`);
}

/** A call, or what it is sent with, is longer than the server takes. */
export function tooLong(length: number, limit: number): MessageTooLargeError {
  return new MessageTooLargeError(
    `The call takes ${length} bytes; the manager's server takes ${limit} (maxBytes)`,
  );
}

/** The connection to the server was lost. */
export function gone(cause: unknown): RemoteError {
  const why = cause instanceof EOFError ? 'ended or died' : 'cannot be reached any more';
  return new RemoteError(`The server of the manager ${why}`, { cause });
}

/** The server that an object was in is gone; another is at its address. */
export function ended(): RemoteError {
  return new RemoteError('The manager that this proxy is of has ended; another is at its address');
}

/** The object's error as the caller gets it; of an abort it is the caller's own. */
export function asThrown(thrown: unknown, { signal }: Call): unknown {
  if (signal?.aborted && thrown instanceof Error && thrown.name === 'AbortError')
    return abortError(signal);
  return revive(thrown, 'the server of a manager');
}
