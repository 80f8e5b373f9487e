import type { CallOptions, ImapOptions, MapOptions } from '../../pool/pool-options.js';
import type { ProxyBase } from '../proxy.js';

/** An iterator in a manager's server; each step is one call. */
export interface IteratorProxy<T = unknown> extends ProxyBase, AsyncIterable<T> {
  next(): Promise<IteratorResult<T, undefined>>;
  return(): Promise<IteratorResult<T, undefined>>;
}

/**
 * A pool of worker processes in a manager's server. Functions are exports of the pool's `module`, found by their names; arguments,
 * results and errors are copied.
 */
export interface PoolProxy extends ProxyBase {
  apply<Args extends readonly unknown[], R>(
    fn: (...args: Args) => R,
    args?: readonly [...Args],
    options?: CallOptions,
  ): Promise<Awaited<R>>;
  map<T, R>(fn: (item: T) => R, items: Iterable<T>, options?: MapOptions): Promise<Awaited<R>[]>;
  starmap<Args extends readonly unknown[], R>(
    fn: (...args: Args) => R,
    items: Iterable<readonly [...Args]>,
    options?: MapOptions,
  ): Promise<Awaited<R>[]>;
  imap<T, R>(
    fn: (item: T) => R,
    items: Iterable<T>,
    options?: ImapOptions,
  ): Promise<IteratorProxy<Awaited<R>>>;
  imapUnordered<T, R>(
    fn: (item: T) => R,
    items: Iterable<T>,
    options?: ImapOptions,
  ): Promise<IteratorProxy<Awaited<R>>>;
  processes(): Promise<number>;
  close(): Promise<void>;
  terminate(): Promise<void>;
  join(): Promise<void>;
}
