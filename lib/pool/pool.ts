import { staysHere } from '../codec/codec.js';
import { invalidArgType } from '../argument-errors.js';
import { abortError, InterprocError } from '../errors.js';
import { isIterable, readItems } from '../iterables.js';
import { checkOptions, readInteger } from '../options.js';
import { readFunction, type TargetName } from '../process/target.js';
import { Crew } from './crew.js';
import { ImapIterator } from './imap.js';
import {
  type CallOptions,
  type ImapOptions,
  type MapOptions,
  onAbort,
  type PoolOptions,
  readCallOptions,
  readChunksize,
  readArguments,
  readPoolOptions,
  readSignal,
} from './pool-options.js';
import { Mode } from './protocol.js';
import { Task } from './task.js';

export type { CallOptions, ImapOptions, MapOptions, PoolOptions } from './pool-options.js';

/**
 * Worker processes that call functions. Python: `multiprocessing.Pool`, whose `…_async` forms the promises here are.
 *
 * A function is an export of the pool's module, found by its name as with `Process`; it may be async. A worker runs one task at a
 * time. Workers start with the pool; they are daemons: an idle pool does not keep this process alive, a pending task does, and
 * they end with this process, whatever ends it.
 *
 * A task's error arrives as itself, with its stack in the worker as `cause`. A worker that dies rejects what it was at with
 * WorkerDiedError, within 100 ms, and is replaced; tasks that it had not begun go to others. Arguments are encoded when a worker is
 * given the task: what is changed before that, is sent changed.
 */
class PoolClass {
  readonly #crew: Crew;

  /**
   * Starts `processes` workers, by default one for each CPU.
   * @throws TypeError and RangeError for arguments, ProcessError as `new Process` and `start` do, SerializationError for `initargs`.
   */
  constructor(processes?: number | null, options?: PoolOptions) {
    this.#crew = new Crew(readPoolOptions(processes, options));
  }

  /** How many workers it has. */
  get processes(): number {
    return this.#crew.processes;
  }

  /** The process ids of the workers. */
  get pids(): number[] {
    return this.#crew.pids;
  }

  /**
   * Calls `fn(...args)` in a worker. Rejects with what it throws, WorkerDiedError, AbortError, SerializationError for arguments or a
   * result that cannot travel, ProcessError `ERR_TARGET_NOT_EXPORTED`; InterprocError `ERR_POOL_NOT_RUNNING` after `close()`,
   * `ERR_POOL_TERMINATED`; with the initializer's error where that failed. Python: `apply`, `apply_async`.
   */
  apply<Args extends readonly unknown[], R>(
    fn: (...args: Args) => R,
    args?: readonly [...Args],
    options?: CallOptions,
  ): Promise<Awaited<R>> {
    return this.#promise(() => {
      const target = readFunction(fn);
      const given: unknown = args ?? [];
      if (!Array.isArray(given)) throw invalidArgType('args', 'an array', given);
      return this.#call(Mode.call, target, given, readCallOptions(options, 'apply'));
    });
  }

  /**
   * Calls `fn(item)` for each item; resolves to the results in the items' order. Rejects with the first error, when all chunks have
   * ended (an abort: at once); as in Python the rest of a chunk with an error is not run. `chunksize` is by default
   * ceil(items / (4 * workers)). Otherwise as `apply`. Python: `map`, `map_async`.
   */
  map<T, R>(
    fn: (item: T) => R,
    iterable: Iterable<T>,
    options?: MapOptions,
  ): Promise<Awaited<R>[]> {
    return this.#promise(() => this.#map(Mode.map, fn, iterable, options, 'map'));
  }

  /**
   * Calls `fn(...item)` for each item. Rejects with TypeError `ERR_INVALID_ARG_TYPE`, before anything is sent, where an item is no
   * iterable. Otherwise as `map`. Python: `starmap`, `starmap_async`.
   */
  starmap<Args extends readonly unknown[], R>(
    fn: (...args: Args) => R,
    iterable: Iterable<readonly [...Args]>,
    options?: MapOptions,
  ): Promise<Awaited<R>[]> {
    return this.#promise(() => this.#map(Mode.starmap, fn, iterable, options, 'starmap'));
  }

  /**
   * The results of `fn(item)` one by one, in the items' order. Reads a sync or async iterable as results are taken, at most
   * `buffersize` items ahead, and not before the first `next()`. The error of an item is that of its `next()`, and the next results
   * come still. Leaving a `for await` leaves the rest unbegun. `chunksize` is 1 by default.
   * @throws TypeError and RangeError for arguments, `ERR_POOL_NOT_RUNNING`
   */
  imap<T, R>(
    fn: (item: T) => R,
    iterable: Iterable<T> | AsyncIterable<T>,
    options?: ImapOptions,
  ): ImapIterator<Awaited<R>> {
    return this.#imap(fn, iterable, options, true);
  }

  /** The same in the order in which they are ready. */
  imapUnordered<T, R>(
    fn: (item: T) => R,
    iterable: Iterable<T> | AsyncIterable<T>,
    options?: ImapOptions,
  ): ImapIterator<Awaited<R>> {
    return this.#imap(fn, iterable, options, false);
  }

  /** Takes no more tasks; workers end when all are done. Idempotent, never waits. */
  close(): void {
    this.#crew.close();
  }

  /**
   * Ends the workers at once. What was not finished rejects with `ERR_POOL_TERMINATED`. Resolves when they have ended; a worker that
   * ignores SIGTERM is killed after a second. Idempotent.
   */
  terminate(): Promise<void> {
    this.#crew.terminate();
    return this.#crew.join();
  }

  /** Resolves when every worker has ended. Rejects with InterprocError `ERR_POOL_RUNNING` before `close()` or `terminate()`. */
  join(): Promise<void> {
    if (!this.#crew.running) return this.#crew.join();
    return Promise.reject(
      new InterprocError('The pool is running. Call close() or terminate() before join()', {
        code: 'ERR_POOL_RUNNING',
      }),
    );
  }

  /** As Python's context manager: `terminate()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.terminate();
  }

  /** As `terminate()`, without waiting for the workers' end. */
  [Symbol.dispose](): void {
    void this.terminate();
  }

  /** A message cannot carry it. @internal */
  get [staysHere](): string {
    return 'Pool';
  }

  #promise<T>(begin: () => Promise<unknown>): Promise<T> {
    try {
      return begin() as Promise<T>;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #call(
    mode: number,
    target: TargetName,
    payload: readonly unknown[],
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    this.#crew.check();
    if (signal?.aborted) return Promise.reject(abortError(signal));
    return new Promise((resolve, reject) => {
      const task = new Task(
        mode,
        target,
        payload,
        (value) => {
          stop();
          resolve(value);
        },
        (error) => {
          stop();
          reject(error);
        },
      );
      const stop = onAbort(signal, (error) => this.#crew.cancel(task, error));
      this.#crew.submit(task);
    });
  }

  #map(
    mode: number,
    fn: unknown,
    iterable: unknown,
    options: unknown,
    where: string,
  ): Promise<unknown[]> {
    const target = readFunction(fn);
    const given = checkOptions(options, ['chunksize', 'signal'], where);
    const signal = readSignal(given['signal']);
    const items = mode === Mode.starmap ? readArguments(iterable) : readItems(iterable, 'iterable');
    const usual = Math.max(1, Math.ceil(items.length / (4 * this.processes)));
    const chunksize = readChunksize(given['chunksize'], usual);
    this.#crew.check();
    if (signal?.aborted) return Promise.reject(abortError(signal));
    const calls: Promise<unknown>[] = [];
    for (let first = 0; first < items.length; first += chunksize) {
      calls.push(this.#call(mode, target, items.slice(first, first + chunksize), signal));
    }
    return allOf(calls as Promise<unknown[]>[], signal);
  }

  #imap<R>(fn: unknown, iterable: unknown, options: unknown, ordered: boolean): ImapIterator<R> {
    const target = readFunction(fn);
    const given = checkOptions(
      options,
      ['chunksize', 'buffersize', 'signal'],
      ordered ? 'imap' : 'imapUnordered',
    );
    const chunksize = readChunksize(given['chunksize'], 1);
    const { buffersize } = given;
    const chunks =
      buffersize === undefined
        ? 2 * this.processes
        : Math.max(1, Math.floor(readInteger(buffersize, 'buffersize', 1) / chunksize));
    const signal = readSignal(given['signal']);
    const input = iteratorOf(iterable);
    this.#crew.check();
    return new ImapIterator<R>(this.#crew, { target, input, chunksize, chunks, ordered, signal });
  }
}

interface PoolConstructor {
  new (processes?: number | null, options?: PoolOptions): PoolClass;
  /** As Python spells it. */
  (processes?: number | null, options?: PoolOptions): PoolClass;
  readonly prototype: PoolClass;
}

export type Pool = PoolClass;
export const Pool: PoolConstructor = new Proxy(PoolClass, {
  apply: (Class, _self, args: ConstructorParameters<typeof PoolClass>) => new Class(...args),
}) as unknown as PoolConstructor;
Object.defineProperty(PoolClass, 'name', { value: 'Pool' });
Object.defineProperty(PoolClass.prototype, 'constructor', { value: Pool });

/** The results of all chunks, one behind the other. Their first error, when all have ended; an abort at once. */
async function allOf(
  chunks: readonly Promise<unknown[]>[],
  signal: AbortSignal | undefined,
): Promise<unknown[]> {
  let failure: { readonly error: unknown } | undefined;
  const results: unknown[][] = [];
  await Promise.all(
    chunks.map(async (chunk, index) => {
      try {
        results[index] = await chunk;
      } catch (error) {
        failure ??= { error };
      }
    }),
  );
  if (failure === undefined) return results.flat(1);
  throw signal?.aborted ? abortError(signal) : (failure as { readonly error: unknown }).error;
}

function iteratorOf(iterable: unknown): Iterator<unknown> | AsyncIterator<unknown> {
  if (isIterable(iterable)) return iterable[Symbol.iterator]();
  const asynchronous = iterable as AsyncIterable<unknown> | null | undefined;
  if (typeof asynchronous?.[Symbol.asyncIterator] === 'function') {
    return asynchronous[Symbol.asyncIterator]();
  }
  throw invalidArgType('iterable', 'an iterable or async iterable', iterable);
}
