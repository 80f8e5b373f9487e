import { EOFError } from '../errors.js';
import type { WaitOptions } from '../options.js';

/** What streams and loops need of a connection, whether it goes through shared memory or through a socket. */
export interface MessageEnd<T> {
  readonly closed: boolean;
  readonly readable: boolean;
  readonly writable: boolean;
  send(message: T, options?: WaitOptions): Promise<void>;
  recv(options?: WaitOptions): Promise<T>;
  close(): void;
}

/** Messages as they come, until the end of file. Leaving early loses nothing. */
export function untilEndOfFile<T>(end: Pick<MessageEnd<T>, 'recv'>): AsyncIterator<T, undefined> {
  return {
    next: async () => {
      try {
        return { done: false, value: await end.recv() };
      } catch (error) {
        if (error instanceof EOFError) return { done: true, value: undefined };
        throw error;
      }
    },
    return: () => Promise.resolve({ done: true, value: undefined }),
  };
}
