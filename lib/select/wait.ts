import type { Readable } from 'node:stream';
import { abortError, invalidArgType, outOfRange } from '../errors.js';
import {
  readSyncWait,
  readWait,
  type SyncWaitOptions,
  type Wait,
  type WaitOptions,
} from '../options.js';
import { longestBlock } from '../waiting/blocking.js';
import { block } from '../waiting/event-loop.js';
import { deliverSignals } from '../waiting/signals.js';
import { readObjects, readyOnes, type Watched } from './objects.js';
import type { HasSelectable } from './selectable.js';
import { afterAtLeastATurn } from './timer.js';

/** What `wait()` takes: connections, queues, processes, events, listeners, sockets and readable streams. */
export type Waitable = HasSelectable | Readable;

/** How long `waitSync` sleeps where something has to be looked at again and again: ever less often. */
const shortestNap = 0.5;
const longestNap = 10;

/**
 * Resolves to those of the objects that are ready, in the order given, as soon as there is one; to `[]` when time runs out. Takes
 * nothing from any. Python: `multiprocessing.connection.wait`.
 *
 * Ready is: a connection with a message or at its end of file; a queue with an item, or shut down and drained; a process (or its
 * `sentinel`) that has ended; an event that is set; a listener with somebody to accept; a socket or a paused readable stream with
 * data, at its end, or destroyed. Whoever waits is woken by that alone: there is one watch for an object, no thread and no timer.
 *
 * `timeout` in milliseconds; 0 and less look once. Where the list has sockets, streams or listeners, a look lasts one turn of the
 * event loop, which brings what has arrived. `wait([])` lasts its timeout.
 * Rejects with TypeError for what cannot be waited for, RangeError for an object that is in the list twice and for an empty list
 * without a limit, ClosedError where an object is or becomes closed, `ERR_NOT_READABLE` for a connection that only writes and for a
 * stream whose data flows to listeners, ProcessError `ERR_PROCESS_NOT_STARTED`, AbortError.
 */
export function wait<O extends Waitable>(
  objects: Iterable<O>,
  options?: WaitOptions,
): Promise<O[]> {
  try {
    const limit = readWait(options, 'wait');
    const list = readObjects(objects, 'wait');
    if (limit.signal === undefined) refuseEndless(list, limit);
    if (limit.signal?.aborted) return Promise.reject(abortError(limit.signal));
    const ready = readyOnes(list);
    const brought = list.some(({ seen }) => seen.blocking === 'never');
    if (ready.length > 0 || (limit.timeout === 0 && !brought)) return Promise.resolve(ready);
    return untilReady(list, limit);
  } catch (error) {
    return Promise.reject(error);
  }
}

function untilReady<O>(list: readonly Watched<O>[], { timeout, signal }: Wait): Promise<O[]> {
  return new Promise((resolve, reject) => {
    const leave: (() => void)[] = [];
    const finish = (settle: () => void) => {
      for (const one of leave.splice(0)) one();
      over = true;
      settle();
    };
    let over = false;
    const changed = () => {
      if (over) return;
      try {
        const ready = readyOnes(list);
        if (ready.length > 0) finish(() => resolve(ready));
      } catch (error) {
        finish(() => reject(error));
      }
    };
    const abort = () => finish(() => reject(abortError(signal as AbortSignal)));
    const runOut = () => {
      changed();
      if (!over) finish(() => resolve([]));
    };
    try {
      for (const { seen } of list) leave.push(seen.watch(changed));
    } catch (error) {
      finish(() => reject(error));
      return;
    }
    signal?.addEventListener('abort', abort, { once: true });
    leave.push(() => signal?.removeEventListener('abort', abort));
    leave.push(afterAtLeastATurn(timeout, runOut));
    // What became ready while the watches were set up announced itself to none of them.
    changed();
  });
}

/**
 * The same, blocking the thread, over connections, queues, events and processes. The first three wake it; an end of a process is
 * noticed within 10 ms. Promises of this thread that wait for the same objects are served meanwhile.
 * @throws what `wait` rejects with; TypeError for listeners, sockets and streams, whose news only the event loop could bring
 */
export function waitSync<O extends Waitable>(objects: Iterable<O>, options?: SyncWaitOptions): O[] {
  const limit = readSyncWait(options, 'waitSync');
  const list = readObjects(objects, 'waitSync');
  refuseEndless(list, limit);
  for (const [index, { object, seen }] of list.entries()) {
    if (seen.blocking === 'never')
      throw invalidArgType(
        `objects[${index}] of waitSync`,
        'an object of shared memory or a Process: a blocked thread hears nothing of sockets and streams',
        object,
      );
  }
  let ready = readyOnes(list);
  if (ready.length > 0 || limit.timeout === 0) return ready;
  const deadline = performance.now() + limit.timeout;
  const looks = list.some(({ seen }) => seen.blocking === 'looks');
  const leave: (() => void)[] = [];
  try {
    for (const { seen } of list) if (seen.blocking === 'wakes') leave.push(seen.watch(noted));
    for (let nap = shortestNap; ; nap = Math.min(longestNap, nap * 1.5)) {
      ready = readyOnes(list);
      const remaining = deadline - performance.now();
      if (ready.length > 0 || remaining <= 0) return ready;
      deliverSignals();
      block(Math.min(looks ? nap : longestBlock, remaining));
    }
  } finally {
    for (const one of leave) one();
  }
}

/** Whoever blocks looks again after each slice, whatever woke it. */
function noted(): void {}

function refuseEndless(list: readonly unknown[], { timeout }: Wait): void {
  if (list.length === 0 && timeout === Infinity)
    throw outOfRange('objects', 'at least one object where no timeout limits the wait', list);
}
