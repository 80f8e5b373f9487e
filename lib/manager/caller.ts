import { InterprocError } from '../errors.js';

/** A client's connection, as the objects that it calls see it. */
export interface Caller {
  readonly ended: boolean;
  /** Whether the client is on this machine and shares memory with the server. */
  readonly local: boolean;
  /** Runs `act` when the connection has ended, by whatever cause; gives a function that takes this back. */
  onEnd(act: () => void): () => void;
}

let current: Caller | undefined;

/** The server's own code, which calls its objects without a manager in between. */
const server: Caller = { ended: false, local: true, onEnd: () => () => undefined };

/**
 * Who calls the method that is running. Only valid before the method's first `await`: what needs to know later has to keep it.
 * @throws InterprocError `ERR_REMOTE` outside a call through a manager
 */
export function currentCaller(): Caller {
  if (current === undefined) {
    throw new InterprocError('Only a call through a manager has a caller', { code: 'ERR_REMOTE' });
  }
  return current;
}

/** The same; outside a call through a manager it is the server itself, which never ends. */
export function callerOrServer(): Caller {
  return current ?? server;
}

/** Runs the beginning of a method for a caller. */
export function runFor<R>(caller: Caller, method: () => R): R {
  const before = current;
  current = caller;
  try {
    return method();
  } finally {
    current = before;
  }
}
