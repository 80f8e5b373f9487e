import { RemoteError } from '../../errors.js';

/** The iterator of what a method gave, for a proxy of the type `Iterator`. Python: `SyncManager.Iterator`. */
export function iteratorOf(result: unknown): object {
  if (typeof result === 'object' && result !== null) {
    const { next, [Symbol.asyncIterator]: asynchronous } = result as Partial<
      AsyncIterableIterator<unknown>
    >;
    if (typeof next === 'function') return result;
    if (typeof asynchronous === 'function') return asynchronous.call(result);
    const { [Symbol.iterator]: iterator } = result as Partial<Iterable<unknown>>;
    if (typeof iterator === 'function') return iterator.call(result);
  }
  throw new RemoteError('The method is to give an Iterator, and gave nothing to iterate over');
}

/** What an iterator's proxy has. `for await` over the proxy calls them. */
export const iteratorMethods = ['next', 'return'];
