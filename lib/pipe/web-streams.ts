import { EOFError, InterprocError } from '../errors.js';
import type { MessageEnd } from './message-end.js';

/** A connection as web streams: one chunk is one message. */
export interface WebStreams<T> {
  /** What the other end sends; closed at its end of file. Nothing is received before it is wanted. */
  readonly readable: ReadableStream<T>;
  /** What this end sends. A write is done, and `writer.ready` resolves, when there was room for its message. */
  readonly writable: WritableStream<T>;
}

/**
 * One stream for each direction. The direction that a one-way end does not have is a stream that has failed with `ERR_NOT_READABLE` or
 * `ERR_NOT_WRITABLE`. The connection is closed when both directions are done, by their end, a `cancel`, an `abort` or an error.
 */
export function toWebStreams<T>(connection: MessageEnd<T>): WebStreams<T> {
  const open = { readable: connection.readable, writable: connection.writable };
  const done = (direction: keyof typeof open) => {
    open[direction] = false;
    if (!open.readable && !open.writable) connection.close();
  };
  return {
    readable: readableOf(connection, () => done('readable')),
    writable: writableOf(connection, () => done('writable')),
  };
}

/** No chunk is asked for before the reader asks: what is not read stays with the connection. */
const onDemand = { highWaterMark: 0 };

function readableOf<T>(connection: MessageEnd<T>, done: () => void): ReadableStream<T> {
  const stop = new AbortController();
  if (!connection.readable) {
    return new ReadableStream<T>({ start: (controller) => controller.error(missing('READABLE')) });
  }
  return new ReadableStream<T>(
    {
      async pull(controller) {
        try {
          controller.enqueue(await connection.recv({ signal: stop.signal }));
        } catch (error) {
          if (stop.signal.aborted) return;
          if (error instanceof EOFError) controller.close();
          else controller.error(error);
          done();
        }
      },
      cancel(reason) {
        stop.abort(reason);
        done();
      },
    },
    onDemand,
  );
}

function writableOf<T>(connection: MessageEnd<T>, done: () => void): WritableStream<T> {
  if (!connection.writable) {
    return new WritableStream<T>({ start: (controller) => controller.error(missing('WRITABLE')) });
  }
  return new WritableStream<T>({
    async write(message, controller) {
      const { signal } = controller as WritableStreamDefaultController & AbortController;
      try {
        await connection.send(message, { signal });
      } catch (error) {
        // The stream has failed with this; neither close() nor abort() will be asked of it.
        if (!signal.aborted) done();
        throw error;
      }
    },
    close: done,
    abort: done,
  });
}

function missing(direction: 'READABLE' | 'WRITABLE'): InterprocError {
  const other = direction === 'READABLE' ? 'writes' : 'reads';
  return new InterprocError(`This end of the pipe only ${other}`, {
    code: `ERR_NOT_${direction}`,
  });
}
