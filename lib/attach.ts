import { handleOf } from './array-members.js';
import { setSharedHooks } from './codec/codec.js';
import { Connection } from './connection.js';
import { invalidArgType } from './errors.js';
import { Lock, openLockOfCell } from './lock.js';
import { checkName } from './options.js';
import { claimEnd } from './pipe.js';
import { Queue } from './queue.js';
import { SharedArray } from './shared-array.js';
import { type Handle, SharedObject } from './shared-object.js';
import { Value } from './value.js';

/** Everything that a handle can lead to. */
export type AnySharedObject = Queue | Connection | Value | SharedArray | Lock;

const openers: Readonly<Record<string, (name: string, handle: Handle) => AnySharedObject>> = {
  queue: (name) => Queue.open(name),
  connection: (name, { end }) => claimEnd(name, end === 1 ? 1 : 0),
  value: (name) => Value.open(name),
  array: (name) => SharedArray.open(name),
  lock: (name) => Lock.open(name),
  'cell-lock': (name) => openLockOfCell(name),
};

/**
 * The object that a handle leads to, attached, as an instance of the right class. `handle` is what `obj.handle` or `JSON.stringify(obj)`
 * gave, in whatever process.
 * @throws TypeError for what is no handle; what the class's `open` throws, such as InterprocError `ENOENT`.
 */
export function attach(handle: unknown): AnySharedObject {
  const { kind, name } = readHandle(handle);
  return (openers[kind] as (typeof openers)[string])(name, handle as Handle);
}

function readHandle(handle: unknown): Handle {
  if (typeof handle === 'object' && handle !== null) {
    const { interproc, kind, name } = handle as Partial<Handle>;
    if (interproc === 1 && typeof kind === 'string' && Object.hasOwn(openers, kind))
      return { interproc, kind, name: checkName(name) };
  }
  throw invalidArgType('handle', 'the handle of a shared object', handle);
}

setSharedHooks({
  isShared: (value) => value instanceof SharedObject || handleOf(value) !== undefined,
  toHandle: (value) => (value as { handle: Handle }).handle,
  fromHandle: (handle) => attach(handle),
});
