import type { Socket } from 'node:net';
import { BrokenPipeError, ClosedError, EOFError } from '../errors.js';
import type { Wait } from '../options.js';
import { handOver } from '../pipe/transfer.js';
import { type Blocked, blocked } from '../waiting/lane.js';
import { FrameBuffer } from './framing.js';
import { isGone, socketError } from './socket-error.js';
import { Turns } from './turns.js';

/** So many bytes are read before anybody asks for them. */
export const usualReadAhead = 64 * 1024;

const done: Promise<void> = Promise.resolve();

/**
 * Messages over a socket, in both directions, with backpressure in both: beyond `readAhead` nothing is read that nobody waits for, and
 * a message is begun only when the one before it has gone to the operating system. The socket keeps the process alive while
 * somebody waits or something has to be sent.
 */
export class SocketChannel {
  /** The longest message that may arrive, in bytes. */
  limit: number;
  readonly #socket: Socket;
  readonly #arrived = new FrameBuffer();
  readonly #receives = new Turns(() => this.#flow());
  readonly #sends = new Turns(() => this.#flow());
  readonly #lookers = new Set<() => void>();
  #readAhead = 0;
  /** What the socket was last told: it is asked several times for each message, and telling it costs. */
  #flowing: boolean | undefined;
  #held: boolean | undefined;
  #background = false;
  #closed = false;
  #atEnd = false;
  #failure: Error | undefined;

  constructor(socket: Socket, limit: number) {
    this.#socket = socket;
    this.limit = limit;
    socket.pause();
    socket.setNoDelay();
    socket
      .on('data', (chunk: Buffer) => {
        this.#arrived.add(chunk);
        this.#changed();
      })
      .on('end', () => this.#end(undefined))
      .on('error', (error) => this.#end(error))
      .on('close', () => this.#end(undefined));
    this.#flow();
  }

  get closed(): boolean {
    return this.#closed;
  }

  set readAhead(bytes: number) {
    this.#readAhead = bytes;
    this.#flow();
  }

  /** While nobody has asked for this channel, it keeps no process alive. */
  set background(background: boolean) {
    this.#background = background;
    this.#flow();
  }

  /** Who is at the other end; `''` for a Unix socket, as in Python. */
  get peer(): string | { host: string; port: number } {
    const { remoteAddress: host, remotePort: port } = this.#socket;
    return host === undefined || port === undefined ? '' : { host, port };
  }

  /** The length of the next message. @throws EOFError, MessageTooLargeError, ClosedError */
  readonly nextLength = (): number | Blocked => {
    if (this.#closed) throw new ClosedError();
    let length: number | Blocked;
    try {
      length = this.#arrived.nextLength(this.limit);
    } catch (error) {
      // Nobody can say where the next message begins.
      this.#failure = error as Error;
      this.#arrived.clear();
      this.#socket.destroy();
      throw error;
    }
    if (length === blocked && this.#failure !== undefined) throw this.#failure;
    if (length === blocked && this.#atEnd) {
      const halfWay = this.#arrived.size > 0 ? ' in the middle of a message' : '';
      throw new EOFError(`The other end is closed${halfWay}`);
    }
    return length;
  };

  /** The next message. It may share memory with others that have arrived. */
  readonly next = (): Buffer | Blocked => {
    const length = this.nextLength();
    if (length === blocked) return blocked;
    const message = this.#arrived.take();
    this.#flow();
    return message;
  };

  /** Whether `next` would give or throw something at once. */
  ready(): boolean {
    if (this.#closed) throw new ClosedError();
    try {
      return this.nextLength() !== blocked;
    } catch {
      return true;
    }
  }

  /** Waits until `take`, which is `next` or built on it, gives something. */
  receive<R>(take: () => R | Blocked, wait: Wait, giveUp?: () => R): Promise<R> {
    if (!this.#receives.busy && !wait.signal?.aborted) {
      const result = take();
      if (result !== blocked) return Promise.resolve(result);
    }
    return this.#receives.wait(wait, take, giveUp);
  }

  /**
   * Resolves when the operating system has the frame. A limit that runs out before its first byte is on the way withdraws it; after
   * that nothing can, and the send succeeds: the rest follows as the other end reads.
   */
  send(frame: Buffer, wait: Wait, objects?: readonly object[]): Promise<void> {
    let begun = false;
    const attempt = (): undefined | Blocked => {
      this.#checkSending();
      if (!begun) {
        if (this.#socket.writableLength > 0) return blocked;
        begun = true;
        handOver(objects, () => this.#write(frame), always);
      }
      return this.#socket.writableLength > 0 ? blocked : undefined;
    };
    if (!this.#sends.busy && !wait.signal?.aborted && attempt() !== blocked) return done;
    return this.#sends.wait(wait, attempt, (reason) => {
      if (!begun) throw reason;
    });
  }

  /** Calls `changed` when something arrives or ends, until the function returned is called. */
  look(changed: () => void): () => void {
    const looker = () => changed();
    this.#lookers.add(looker);
    this.#flow();
    return () => {
      this.#lookers.delete(looker);
      this.#flow();
    };
  }

  /** Ends both directions. What was begun is sent on; waits fail. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#arrived.clear();
    if (this.#socket.writableLength > 0 && !this.#socket.destroyed) {
      this.#socket.end(() => this.#socket.destroy());
      this.#socket.resume();
    } else this.#socket.destroy();
    this.#changed();
    this.#sends.settle();
  }

  #write(frame: Buffer): void {
    this.#socket.write(frame, () => {
      this.#sends.settle();
      this.#flow();
    });
    this.#flow();
  }

  #checkSending(): void {
    if (this.#closed) throw new ClosedError();
    if (!this.#socket.writable) throw new BrokenPipeError();
  }

  #end(error: Error | undefined): void {
    if (error !== undefined && !isGone(error)) this.#failure ??= socketError(error);
    this.#atEnd = true;
    this.#changed();
    this.#sends.settle();
  }

  #changed(): void {
    this.#receives.settle();
    for (const looker of [...this.#lookers]) looker();
    this.#flow();
  }

  #flow(): void {
    const wanted = this.#receives.busy || this.#lookers.size > 0;
    if (this.#closed) return;
    const flowing = wanted || this.#arrived.size < this.#readAhead;
    if (flowing !== this.#flowing) {
      this.#flowing = flowing;
      if (flowing) this.#socket.resume();
      else this.#socket.pause();
    }
    const held =
      (wanted || this.#sends.busy || this.#socket.writableLength > 0) && !this.#background;
    if (held !== this.#held) {
      this.#held = held;
      if (held) this.#socket.ref();
      else this.#socket.unref();
    }
  }
}

function always(): true {
  return true;
}
