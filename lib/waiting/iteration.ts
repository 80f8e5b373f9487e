import { type Blocked, blocked } from './lane.js';

/** Where the messages of a `for await` come from. */
export interface Source<T> {
  /** A message that is there, without waiting and without overtaking those who wait. */
  take(this: void): T | Blocked;
  /** Waits for one. */
  wait(this: void): Promise<T>;
  /** Whether an error says that there will be none any more. */
  isEnd(this: void, error: unknown): boolean;
}

const end: IteratorResult<never, undefined> = Object.freeze({ done: true, value: undefined });

/**
 * Messages as they come, until the end. Leaving early loses nothing, because each is taken when it is asked for: none ahead, which a
 * killed process would take with it. A message that is there costs one promise and no turn of an async function.
 */
export function iterate<T>(source: Source<T>): AsyncIterator<T, undefined> {
  const found = (value: T): IteratorResult<T, undefined> => ({ done: false, value });
  const ended = (error: unknown): IteratorResult<T, undefined> => {
    if (source.isEnd(error)) return end;
    throw error;
  };
  return {
    next() {
      try {
        const message = source.take();
        if (message !== blocked) return Promise.resolve({ done: false, value: message });
      } catch (error) {
        return source.isEnd(error) ? Promise.resolve(end) : Promise.reject(error);
      }
      return source.wait().then(found, ended);
    },
    return: () => Promise.resolve(end),
  };
}
