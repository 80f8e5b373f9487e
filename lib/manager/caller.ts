import { InterprocError } from '../errors.js';

/** A client's connection, as the objects that it calls see it. */
export interface Caller {
  readonly ended: boolean;
  /** Runs `act` when the connection has ended, by whatever cause; gives a function that takes this back. */
  onEnd(act: () => void): () => void;
}

let current: Caller | undefined;

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
