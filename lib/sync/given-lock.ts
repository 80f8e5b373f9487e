import { CorruptSegmentError, InterprocError, invalidArgType } from '../errors.js';
import { checkName } from '../options.js';
import type { Handle } from '../shared-object.js';
import { Lock, openLockOfCell } from './lock.js';
import { RLock } from './rlock.js';

/** Another handle on a lock that an object is given, to be closed with that object. @throws ClosedError, TypeError for what is no lock */
export function lockAgain(lock: unknown, expected = 'a Lock or an RLock'): Lock | RLock {
  if (lock instanceof Lock) return Lock.again(lock);
  if (lock instanceof RLock) return RLock.again(lock);
  throw invalidArgType('lock', expected, lock);
}

/** The lock that the creator of `owner` gave it, from the handle in the creation options. */
export function openGivenLock(handle: unknown, owner: string): Lock | RLock {
  const { kind, name } = (handle ?? {}) as Partial<Handle>;
  try {
    if (typeof kind === 'string' && Object.hasOwn(openers, kind))
      return (openers[kind] as (typeof openers)[string])(checkName(name));
  } catch (error) {
    // A name that is none is damage here, not a wrong argument of the opener.
    if (error instanceof InterprocError) throw error;
  }
  throw new CorruptSegmentError(`'${owner}' does not say which lock it has`);
}

const openers: Readonly<Record<string, (name: string) => Lock | RLock>> = {
  lock: (name) => Lock.open(name),
  'cell-lock': (name) => openLockOfCell(name),
  rlock: (name) => RLock.open(name),
};
