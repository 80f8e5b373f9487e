import type { Readable } from 'node:stream';
import { InterprocError } from '../errors.js';
import type { Selectable } from './selectable.js';

/** Streams that have come to their end without anybody having read it. */
const ended = new WeakSet<Readable>();
const watches = new WeakMap<Readable, StreamWatch>();

/** Everybody who looks at one stream. The stream gets one set of listeners for them all, and is left as it was found. */
class StreamWatch {
  readonly #stream: Readable;
  readonly #lookers = new Set<() => void>();
  #paused = false;

  constructor(stream: Readable) {
    this.#stream = stream;
  }

  add(changed: () => void): () => void {
    const looker = () => changed();
    this.#lookers.add(looker);
    if (this.#lookers.size === 1) this.#listen();
    return () => {
      if (this.#lookers.delete(looker) && this.#lookers.size === 0) this.#leave();
    };
  }

  #listen(): void {
    this.#paused = this.#stream.isPaused();
    this.#stream.on('readable', this.#readable).on('end', this.#look).on('close', this.#look);
  }

  #leave(): void {
    const stream = this.#stream;
    stream.off('readable', this.#readable).off('end', this.#look).off('close', this.#look);
    // A stream that loses its last 'readable' listener resumes where it has a 'data' listener, even where it had been paused.
    if (this.#paused && stream.listenerCount('readable') === 0) {
      process.nextTick(() => {
        if (this.#lookers.size === 0 && stream.listenerCount('data') > 0) stream.pause();
      });
    }
  }

  readonly #readable = () => {
    // Readable, and there is nothing to read: that is the end.
    if (this.#stream.readableLength === 0) ended.add(this.#stream);
    this.#look();
  };

  readonly #look = () => {
    for (const looker of [...this.#lookers]) looker();
  };
}

function isReady(stream: Readable): boolean {
  if (stream.readableLength > 0 || stream.readableEnded || stream.destroyed) return true;
  if (stream.errored !== null || ended.has(stream)) return true;
  if (!stream.readable) throw notReadable('The stream cannot be read from');
  if (stream.readableFlowing === true) {
    throw notReadable(
      "The stream flows: its data goes to its 'data' listeners. Wait for a paused one",
    );
  }
  return false;
}

/** A readable stream or a socket for `wait()`: ready when there is data to `read()`, at its end, and when it was destroyed. */
export function streamOf(stream: Readable): Selectable {
  return {
    blocking: 'never',
    ready: () => isReady(stream),
    watch: (changed) => {
      let watch = watches.get(stream);
      if (watch === undefined) {
        watch = new StreamWatch(stream);
        watches.set(stream, watch);
      }
      return watch.add(changed);
    },
  };
}

function notReadable(message: string): InterprocError {
  return new InterprocError(message, { code: 'ERR_NOT_READABLE' });
}
