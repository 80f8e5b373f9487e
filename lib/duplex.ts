import { Duplex, type DuplexOptions } from 'node:stream';
import type { Connection } from './connection.js';
import { EOFError } from './errors.js';

/** A connection as a stream: one message is one object; `write` waits for room, and nothing is received before it is wanted. */
export function toDuplex<T>(connection: Connection<T>): Duplex {
  const stop = new AbortController();
  const options: DuplexOptions & { readable: boolean; writable: boolean } = {
    objectMode: true,
    autoDestroy: true,
    readable: connection.readable,
    writable: connection.writable,
    read(this: Duplex) {
      connection.recv({ signal: stop.signal }).then(
        (message) => this.push(message),
        (error: Error) => {
          if (error instanceof EOFError) this.push(null);
          else if (!stop.signal.aborted) this.destroy(error);
        },
      );
    },
    write(message: T, _encoding, callback) {
      connection.send(message, { signal: stop.signal }).then(() => callback(), callback);
    },
    destroy(error, callback) {
      stop.abort();
      connection.close();
      callback(error);
    },
  };
  return new Duplex(options);
}
