import { builtin } from '../builtin.js';
import { invalidArgType, outOfRange } from '../errors.js';
import { isSelectable, type Selectable, selectable } from './selectable.js';
import { streamOf } from './stream.js';

/** An object that was given to `wait()`, and how it is seen. */
export interface Watched<O> {
  readonly object: O;
  readonly seen: Selectable;
}

/** @throws TypeError for what is no list of objects to wait for, RangeError for one that is in it twice */
export function readObjects<O>(objects: Iterable<O>, where: string): Watched<O>[] {
  if (typeof objects !== 'object' || objects === null || !(Symbol.iterator in objects))
    throw invalidArgType(`objects of ${where}`, 'an array or another iterable', objects);
  const met = new Set<unknown>();
  const list: Watched<O>[] = [];
  for (const object of objects) {
    const name = `objects[${list.length}]`;
    const seen = selectableOf(object, name);
    if (met.has(object)) throw outOfRange(name, 'in the list only once', object);
    met.add(object);
    list.push({ object, seen });
  }
  return list;
}

function selectableOf(object: unknown, name: string): Selectable {
  if (isSelectable(object)) return object[selectable]();
  if (object instanceof builtin.stream.Readable) return streamOf(object);
  throw invalidArgType(
    name,
    'a Connection, a queue, a Process, an Event, a Listener, a socket or a readable stream',
    object,
  );
}

/** Those that are ready now. @throws what the first that can not be waited for says */
export function readyOnes<O>(list: readonly Watched<O>[]): O[] {
  const ready: O[] = [];
  for (const { object, seen } of list) {
    if (seen.ready()) ready.push(object);
  }
  return ready;
}
