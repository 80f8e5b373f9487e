import type { TargetName } from '../process/target.js';

/*
 * A worker has a pipe with its pool and a few words of shared memory, one for each task that it may be given ahead. A task is
 * offered by writing its number into a word, then sending it. Who exchanges the number first has the task: the worker for its
 * negative, and runs it; the pool for 0, and takes it back (to give it to another worker, or because it was aborted). So after a
 * worker's death the words say which tasks it had begun.
 */

/** How many tasks a worker is given ahead. */
export const window = 16;

/** How the function of a task is called. */
export const Mode = {
  /** With the payload as its arguments. */
  call: 0,
  /** With each item of the payload; the first error is the chunk's. */
  map: 1,
  /** With each item's items as arguments. */
  starmap: 2,
  /** With each item, of which each has its own outcome. */
  each: 3,
} as const;

export type TaskMessage = [
  number: number,
  word: number,
  mode: number,
  name: string,
  method: boolean,
  payload: readonly unknown[],
];

/** Where a message and a reply have what users gave. */
export const payloadOfTask = 5;
export const valueOfReply = 2;

export const ReplyKind = { none: -1, ready: 0, unable: 1, result: 2, error: 3 } as const;

/** What a worker says: that it is ready, why it never will be, or how a task ended. */
export type Reply = [number: number, kind: number, value: unknown];

/** The outcome of one item of `Mode.each`. */
export type Outcome = readonly [ok: true, value: unknown] | readonly [ok: false, error: unknown];

/** What every worker of a pool is told at its start. */
export interface Setup {
  readonly module: string;
  readonly initializer: TargetName | null;
  readonly initargs: readonly unknown[];
  /** The first of its words. */
  readonly first: number;
}
