import type { Duplex, DuplexOptions } from 'node:stream';
import { builtin } from '../builtin.js';
import { ClosedError, EOFError, InterprocError } from '../errors.js';
import type { MessageEnd } from './message-end.js';

/**
 * A connection as a stream: one message is one object; `write` waits for room, and nothing is received before it is wanted.
 *
 * `end()` sends what was written. The writer of a one-way pipe is closed then, and its peer meets the end of file. A two-way
 * connection has no half-close: it goes on receiving, and its peer meets the end of file when this stream has met that or is destroyed.
 */
export function toDuplex<T>(connection: MessageEnd<T>): Duplex {
  if (connection.closed) throw new ClosedError();
  const stop = new AbortController();
  const options: DuplexOptions & { readable: boolean; writable: boolean } = {
    objectMode: true,
    autoDestroy: true,
    readable: connection.readable,
    writable: connection.writable,
    read(this: Duplex) {
      connection.recv({ signal: stop.signal }).then(
        (message) => {
          // To a stream, null is the end: what came behind it would be lost without a word.
          if (message === null) this.destroy(nullMessage());
          else this.push(message);
        },
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
  return new builtin.stream.Duplex(options);
}

function nullMessage(): InterprocError {
  return new InterprocError('A stream cannot carry the message null; receive it with recv()', {
    code: 'ERR_STREAM_NULL_VALUES',
  });
}
