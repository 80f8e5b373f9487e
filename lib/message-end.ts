import type { WaitOptions } from './options.js';

/** What the streams need of a connection, whether it goes through shared memory or through a socket. */
export interface MessageEnd<T> {
  readonly readable: boolean;
  readonly writable: boolean;
  send(message: T, options?: WaitOptions): Promise<void>;
  recv(options?: WaitOptions): Promise<T>;
  close(): void;
}
