import type { Duplex } from 'node:stream';
import { type BytesLike, readMaxLength, readSlice, wholeMessage } from '../bytes.js';
import { type Codec, staysHere } from '../codec/codec.js';
import { toDuplex } from '../pipe/duplex.js';
import { BufferTooShort, ClosedError, InterprocError } from '../errors.js';
import { type MessageEnd, untilEndOfFile } from '../pipe/message-end.js';
import { readTimeout, readWait, type WaitOptions } from '../options.js';
import { type HasSelectable, type Selectable, selectable } from '../select/selectable.js';
import { type Blocked, blocked } from '../waiting/lane.js';
import { toWebStreams, type WebStreams } from '../pipe/web-streams.js';
import type { SocketChannel } from './channel.js';
import { frameOf } from './framing.js';
import { decode, encode } from './message-codec.js';

/**
 * One end of a connection over a socket, made by `Client` and by a `Listener`'s `accept`. It is used as a `Connection` over shared
 * memory is, but has no `Sync` forms: a socket is served by the event loop, which they would block. Python:
 * `multiprocessing.connection.Connection`, whose framing it shares.
 *
 * `send` waits while the other end does not read and is woken when the operating system has the message; `recv` is woken by a
 * message and by the other end's closing or death. Shared objects in messages arrive attached over a Unix socket; over TCP they are
 * refused with SerializationError, in both directions. A pending wait and unsent bytes keep the process alive; an idle connection
 * does not.
 */
export class SocketConnection<T = unknown>
  implements MessageEnd<T>, AsyncIterable<T>, AsyncDisposable, HasSelectable
{
  readonly #channel: SocketChannel;
  readonly #codec: Codec<T>;
  readonly #local: boolean;
  #spoilt = false;

  /** Made by `Client` and `Listener`. @internal */
  constructor(channel: SocketChannel, codec: Codec<T>, local: boolean) {
    this.#channel = channel;
    this.#codec = codec;
    this.#local = local;
  }

  /** Whether messages can come from this end: false once it was closed, and after `recvBytes` met a longer message. */
  get readable(): boolean {
    return !this.closed && !this.#spoilt;
  }

  /** Whether messages can be sent by this end: until it is closed. */
  get writable(): boolean {
    return !this.closed;
  }

  /** Whether `close()` was called. */
  get closed(): boolean {
    return this.#channel.closed;
  }

  /**
   * Resolves when the operating system has the message. Where a limit runs out after its first bytes have gone, nothing can take it
   * back: the send succeeds, and the rest follows as the other end reads.
   * Rejects with BrokenPipeError, SerializationError, TimeoutError and AbortError (nothing was sent), ClosedError.
   */
  send(message: T, options?: WaitOptions): Promise<void> {
    return settled(() => {
      const wait = readWait(options, 'send');
      this.#refuseClosed();
      const { frame, objects } = encode(this.#codec, message, this.#local);
      return this.#channel.send(frame, wait, objects);
    });
  }

  /**
   * Takes the next message; waits for one. Rejects with EOFError, TimeoutError, AbortError, ClosedError, SerializationError,
   * `ERR_NOT_READABLE`, and MessageTooLargeError where one longer than `maxBytes` is announced, which ends the connection.
   */
  recv(options?: WaitOptions): Promise<T> {
    return this.#receive(options, 'recv', this.#take);
  }

  /**
   * Sends `size` bytes of a buffer from `offset` as one message. `offset` equal to the length sends an empty one.
   * Rejects as `send` does; TypeError for what is no buffer, RangeError for a part outside it.
   */
  sendBytes(buffer: BytesLike, offset = 0, size?: number, options?: WaitOptions): Promise<void> {
    return settled(() => {
      const wait = readWait(options, 'sendBytes');
      const bytes = readSlice(buffer, offset, size);
      this.#refuseClosed();
      return this.#channel.send(frameOf(bytes), wait);
    });
  }

  /**
   * Takes the next message as bytes, whatever it was sent with: the encoded bytes of a `send`. Rejects as `recv` does. A message
   * longer than `maxLength` is BufferTooShort, and this end is no longer readable.
   */
  recvBytes(maxLength?: number, options?: WaitOptions): Promise<Buffer> {
    return settled(() => {
      const most = readMaxLength(maxLength);
      return this.#receive(options, 'recvBytes', () => this.#takeBytes(most));
    });
  }

  /**
   * Takes the next message into a buffer from `offset`; gives its length. Where it does not fit, BufferTooShort has it whole in
   * `data`. Rejects as `recv` does.
   */
  recvBytesInto(buffer: BytesLike, offset = 0, options?: WaitOptions): Promise<number> {
    return settled(() => {
      const target = readSlice(buffer, offset);
      return this.#receive(options, 'recvBytesInto', () => this.#takeInto(target));
    });
  }

  /** Whether `recv` would give something at once, the end of file included; waits up to `timeout` milliseconds for that. Takes nothing. */
  poll(timeout = 0): Promise<boolean> {
    return settled(() => {
      const wait = { timeout: readTimeout(timeout) };
      this.#checkReadable();
      return this.#channel.receive<boolean>(
        () => (this.#channel.ready() ? true : blocked),
        wait,
        () => false,
      );
    });
  }

  /** Always throws: there is no form that blocks. @throws InterprocError `ERR_NO_SYNC_FORM` */
  sendSync(): never {
    return noSyncForm('sendSync');
  }

  /** Always throws: there is no form that blocks. @throws InterprocError `ERR_NO_SYNC_FORM` */
  recvSync(): never {
    return noSyncForm('recvSync');
  }

  /** Always throws: there is no form that blocks. @throws InterprocError `ERR_NO_SYNC_FORM` */
  sendBytesSync(): never {
    return noSyncForm('sendBytesSync');
  }

  /** Always throws: there is no form that blocks. @throws InterprocError `ERR_NO_SYNC_FORM` */
  recvBytesSync(): never {
    return noSyncForm('recvBytesSync');
  }

  /** Always throws: there is no form that blocks. @throws InterprocError `ERR_NO_SYNC_FORM` */
  recvBytesIntoSync(): never {
    return noSyncForm('recvBytesIntoSync');
  }

  /** Always throws: there is no form that blocks. @throws InterprocError `ERR_NO_SYNC_FORM` */
  pollSync(): never {
    return noSyncForm('pollSync');
  }

  /** Messages as they come, until the end of file. Leaving the loop early loses nothing. */
  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return untilEndOfFile(this);
  }

  /** A stream of messages both ways (object mode). It reads no more than is wanted; destroying or ending it both ways closes this end. */
  toDuplex(): Duplex {
    this.#refuseClosed();
    return toDuplex(this);
  }

  /** The same as web streams, one for each direction. Closes this end when both are done. @throws ClosedError */
  toWebStream(): WebStreams<T> {
    this.#refuseClosed();
    return toWebStreams(this);
  }

  /** Closes both directions; the other end reads what was sent and then meets the end of file. Pending waits reject with `ERR_CLOSED`. Idempotent. */
  close(): void {
    this.#channel.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  /** A message cannot carry it. @internal */
  get [staysHere](): string {
    return 'SocketConnection';
  }

  /** For `wait()`: a message, or the end of file. @internal */
  [selectable](): Selectable {
    return {
      blocking: 'never',
      ready: () => {
        this.#checkReadable();
        return this.#channel.ready();
      },
      watch: (changed) => this.#channel.look(changed),
    };
  }

  #receive<R>(
    options: WaitOptions | undefined,
    where: string,
    take: () => R | Blocked,
  ): Promise<R> {
    return settled(() => {
      const wait = readWait(options, where);
      this.#checkReadable();
      return this.#channel.receive(take, wait);
    });
  }

  readonly #take = (): T | Blocked => {
    this.#checkReadable();
    const message = this.#channel.next();
    return message === blocked ? blocked : decode(this.#codec, message, this.#local);
  };

  #takeBytes(most: number): Buffer | Blocked {
    this.#checkReadable();
    const length = this.#channel.nextLength();
    if (length === blocked) return blocked;
    if (length > most) {
      // As in Python: what follows a refused message cannot be trusted to be wanted.
      this.#spoilt = true;
      throw new BufferTooShort(`A message of ${length} bytes is longer than ${most}`);
    }
    const message = this.#channel.next();
    return message === blocked ? blocked : Buffer.from(message);
  }

  #takeInto(target: Uint8Array): number | Blocked {
    const message = this.#takeBytes(wholeMessage);
    if (message === blocked) return blocked;
    if (message.length > target.length) {
      throw new BufferTooShort(
        `A message of ${message.length} bytes does not fit into ${target.length}; it is whole in data`,
        { data: message },
      );
    }
    target.set(message);
    return message.length;
  }

  #refuseClosed(): void {
    if (this.closed) throw new ClosedError();
  }

  #checkReadable(): void {
    this.#refuseClosed();
    if (this.#spoilt)
      throw new InterprocError('This end cannot be read from: recvBytes met too long a message', {
        code: 'ERR_NOT_READABLE',
      });
  }
}

/** What is thrown before the first wait rejects like the rest. */
function settled<R>(start: () => Promise<R>): Promise<R> {
  try {
    return start();
  } catch (error) {
    return Promise.reject(error);
  }
}

function noSyncForm(name: string): never {
  throw new InterprocError(
    `A connection over a socket has no ${name}(): the event loop serves the socket, and a blocked thread would block it. Use the promise form`,
    { code: 'ERR_NO_SYNC_FORM' },
  );
}
