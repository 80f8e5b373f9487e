import { invalidArgType } from '../argument-errors.js';
import { abortError } from '../errors.js';
import { isIterable, readItems } from '../iterables.js';
import { checkOptions, readInteger } from '../options.js';
import { readModule } from '../process/module.js';
import { readTarget, type Target } from '../process/target.js';
import { cpuCount } from '../process/current-process.js';
import type { CrewPlan } from './crew.js';

export interface PoolOptions<Args extends readonly unknown[] = readonly unknown[]> {
  /** An exported function that each worker calls before its first task. Where it throws, the pool is broken and says why. */
  readonly initializer?: Target<Args> | undefined;
  /** What the initializer is called with. Default none. */
  readonly initargs?: readonly [...Args] | undefined;
  /** Tasks after which a worker is replaced; a chunk of `map` counts as one. Default: never. */
  readonly maxTasksPerChild?: number | undefined;
  /** The module that exports the functions, a file: URL or an absolute path: `import.meta.url`. Default: the main script. */
  readonly module?: string | URL | undefined;
}

/** What a call may be given besides its function and arguments. */
export interface CallOptions {
  /** Rejects with AbortError at once. What a worker has begun goes on there, and its result is dropped. */
  readonly signal?: AbortSignal | undefined;
}

export interface MapOptions extends CallOptions {
  /** Items that a worker is given in one piece. */
  readonly chunksize?: number | undefined;
}

export interface ImapOptions extends MapOptions {
  /** Items that may have been read from the input and not yet been taken as results. Default: two chunks for each worker. */
  readonly buffersize?: number | undefined;
}

export function readPoolOptions(processes: unknown, options: unknown): CrewPlan {
  const count = processes === undefined || processes === null ? cpuCount() : processes;
  const given = checkOptions(
    options,
    ['initializer', 'initargs', 'maxTasksPerChild', 'module'],
    'Pool',
  );
  const { initializer, initargs = [], maxTasksPerChild } = given;
  if (!Array.isArray(initargs)) throw invalidArgType('initargs', 'an array', initargs);
  return {
    processes: readInteger(count, 'processes', 1, 1024),
    maxTasksPerChild:
      maxTasksPerChild === undefined || maxTasksPerChild === Infinity
        ? Infinity
        : readInteger(maxTasksPerChild, 'maxTasksPerChild', 1),
    setup: {
      initializer: initializer === undefined ? null : readTarget(initializer),
      initargs,
      module: readModule(given['module']),
    },
  };
}

export function readSignal(signal: unknown): AbortSignal | undefined {
  if (signal === undefined) return undefined;
  if (signal instanceof AbortSignal) return signal;
  throw invalidArgType('signal', 'an AbortSignal', signal);
}

export function readCallOptions(options: unknown, where: string): AbortSignal | undefined {
  if (options === undefined) return undefined;
  return readSignal(checkOptions(options, ['signal'], where)['signal']);
}

export function readChunksize(chunksize: unknown, fallback: number): number {
  return chunksize === undefined ? fallback : readInteger(chunksize, 'chunksize', 1);
}

/** The items of an iterable of argument lists. They travel as arrays: an iterator could not. @throws TypeError for what is none */
export function readArguments(iterable: unknown): unknown[][] {
  return readItems(iterable, 'iterable').map((item, index) => {
    if (isIterable(item)) return Array.isArray(item) ? item : Array.from(item);
    throw invalidArgType(`iterable[${index}]`, 'an iterable of arguments', item);
  });
}

/** Calls back when the signal is aborted; the function that is returned ends that. */
export function onAbort(
  signal: AbortSignal | undefined,
  abort: (error: Error) => void,
): () => void {
  if (signal === undefined) return () => undefined;
  const listener = () => abort(abortError(signal));
  signal.addEventListener('abort', listener, { once: true });
  return () => signal.removeEventListener('abort', listener);
}
