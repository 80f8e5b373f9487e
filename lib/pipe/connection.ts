import type { Duplex } from 'node:stream';
import type { Attachment } from '../attachment.js';
import type { Codec } from '../codec/codec.js';
import { type BytesLike, readMaxLength, readSlice } from '../bytes.js';
import { toDuplex } from './duplex.js';
import { ClosedError } from '../errors.js';
import { Lending, type LoanCalls } from '../loans/lending.js';
import type { Loan } from '../loans/loan.js';
import { keepUntilArrived } from './in-transit.js';
import { binding } from '../native.js';
import {
  readInteger,
  readSyncWait,
  readTimeout,
  readWait,
  type SyncWaitOptions,
  type WaitOptions,
} from '../options.js';
import { readableOf, Receiver } from './receiver.js';
import { conditionOf } from '../select/condition-watch.js';
import { type HasSelectable, type Selectable, selectable } from '../select/selectable.js';
import { closedId, type Handle, SharedObject } from '../shared-object.js';
import { Sender, throwTimeout } from './sender.js';
import { type Transfer, transfer } from './transfer.js';
import { toWebStreams, type WebStreams } from './web-streams.js';

/**
 * One end of a pipe. Message boundaries are kept, empty messages too. Python: `multiprocessing.connection.Connection`.
 *
 * `send` waits for room and is woken by the peer's `recv` or its end; `recv` waits for a message and is woken by the peer's `send` or
 * its end. A closed peer is noticed at once, a dead one within 100 ms: `recv` then gives what was sent and fails with EOFError, `send`
 * fails with BrokenPipeError. An end belongs to one process at a time: one that is passed on in a message or to a `Process` is closed
 * here and belongs to the receiver.
 */
export class Connection<T = unknown>
  extends SharedObject
  implements AsyncIterable<T>, HasSelectable
{
  readonly #end: number;
  readonly #sender: Sender<T>;
  readonly #receiver: Receiver<T>;
  readonly #lending: Lending;

  /** Made by `Pipe`, `attach` and whoever receives one. @internal */
  constructor(attachment: Attachment, end: number, codec: Codec<T>) {
    super(attachment, 'connection');
    this.#end = end;
    const { id } = attachment;
    const { readable, writable } = binding.pipeAbilities(id, end);
    const lending = new Lending(this, attachment, attachment.lane(`lend${end}`), loanCalls(end));
    const common = { owner: this, id, end, codec, lending };
    const sends = attachment.lane(`send${end}`);
    const receives = attachment.lane(`receive${end}`);
    this.#sender = new Sender({ ...common, able: writable, lane: sends });
    this.#receiver = new Receiver({ ...common, able: readable, lane: receives }, () => {
      // Nothing is left that it could do.
      if (!writable) this.close();
    });
    this.#lending = lending;
  }

  override get handle(): Handle {
    return { ...super.handle, end: this.#end };
  }

  /** Whether messages can come from this end. False for the writing end of a one-way pipe, and after `recvBytes` met a longer message. */
  get readable(): boolean {
    return this.#receiver.able && !this.closed;
  }

  /** Whether messages can be sent by this end. */
  get writable(): boolean {
    return this.#sender.able && !this.closed;
  }

  /**
   * Resolves when the message is in shared memory, where it outlives this process.
   * Rejects with BrokenPipeError, SerializationError, MessageTooLargeError, TimeoutError, AbortError, ClosedError, `ERR_NOT_WRITABLE`.
   *
   * A loan from `alloc` goes without a copy, and is over then: its views are empty. Where the send failed it is as it was. A loan that
   * was received, or that another end lent, is refused with `ERR_LOAN_FOREIGN`.
   */
  send(message: T | Loan, options?: WaitOptions): Promise<void> {
    try {
      return this.#sender.send(message, readWait(options, 'send'));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Blocks the thread while there is no room. @throws what `send` rejects with */
  sendSync(message: T | Loan, options?: SyncWaitOptions): void {
    this.#sender.sendSync(message, readSyncWait(options, 'sendSync'));
  }

  /** Takes the next message; waits for one. Rejects with EOFError, TimeoutError, AbortError, ClosedError, SerializationError, `ERR_NOT_READABLE`. */
  recv(options?: WaitOptions): Promise<T> {
    try {
      return this.#receiver.wait(this.#receiver.message, readWait(options, 'recv'));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Blocks the thread until there is a message. @throws what `recv` rejects with */
  recvSync(options?: SyncWaitOptions): T {
    return this.#receiver.waitSync(this.#receiver.message, readSyncWait(options, 'recvSync'));
  }

  /**
   * Lends memory for a message of `bytes` bytes: fill its `buffer`, then `send` it. It holds whatever was there before, and takes no
   * room in the pipe until it is sent. Waits only where all of the region (4 GiB of pages of 64 KiB) is lent or under way.
   * Rejects with BrokenPipeError, TimeoutError, MessageTooLargeError, InterprocError `ENOSPC`, AbortError, ClosedError, `ERR_NOT_WRITABLE`.
   */
  alloc<Meta = unknown>(bytes: number, options?: WaitOptions): Promise<Loan<Meta>> {
    try {
      const size = readInteger(bytes, 'bytes', 1);
      const wait = readWait(options, 'alloc');
      this.#sender.requireAble();
      return this.#lending.lend(size, wait, throwTimeout) as Promise<Loan<Meta>>;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The same, blocking the thread. */
  allocSync<Meta = unknown>(bytes: number, options?: SyncWaitOptions): Loan<Meta> {
    const size = readInteger(bytes, 'bytes', 1);
    const wait = readSyncWait(options, 'allocSync');
    this.#sender.requireAble();
    return this.#lending.lendSync(size, wait, throwTimeout) as Loan<Meta>;
  }

  /**
   * Takes the next message as its bytes, in place: of a loan what its sender wrote, of another message what `recvBytes` gives. Small
   * messages are copied. `release` it when it was read. Rejects as `recv` does.
   */
  recvLoan<Meta = unknown>(options?: WaitOptions): Promise<Loan<Meta>> {
    try {
      const loan = this.#receiver.wait(this.#receiver.loan, readWait(options, 'recvLoan'));
      return loan as Promise<Loan<Meta>>;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The same, blocking the thread. */
  recvLoanSync<Meta = unknown>(options?: SyncWaitOptions): Loan<Meta> {
    const wait = readSyncWait(options, 'recvLoanSync');
    return this.#receiver.waitSync(this.#receiver.loan, wait) as Loan<Meta>;
  }

  /**
   * Sends `size` bytes of a buffer from `offset` as one message. `offset` equal to the length sends an empty one.
   * Rejects as `send` does; TypeError for what is no buffer, RangeError for a part outside it.
   */
  sendBytes(buffer: BytesLike, offset = 0, size?: number, options?: WaitOptions): Promise<void> {
    try {
      const wait = readWait(options, 'sendBytes');
      return this.#sender.sendBytes(readSlice(buffer, offset, size), wait);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The same, blocking the thread. */
  sendBytesSync(buffer: BytesLike, offset = 0, size?: number, options?: SyncWaitOptions): void {
    const wait = readSyncWait(options, 'sendBytesSync');
    this.#sender.sendBytesSync(readSlice(buffer, offset, size), wait);
  }

  /**
   * Takes the next message as bytes, whatever it was sent with: the encoded bytes of a `send`.
   * Rejects as `recv` does. A message longer than `maxLength` is BufferTooShort, and this end is no longer readable.
   */
  recvBytes(maxLength?: number, options?: WaitOptions): Promise<Buffer> {
    try {
      const most = readMaxLength(maxLength);
      const wait = readWait(options, 'recvBytes');
      return this.#receiver.wait(() => this.#receiver.bytes(most), wait);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The same, blocking the thread. */
  recvBytesSync(maxLength?: number, options?: SyncWaitOptions): Buffer {
    const most = readMaxLength(maxLength);
    const wait = readSyncWait(options, 'recvBytesSync');
    return this.#receiver.waitSync(() => this.#receiver.bytes(most), wait);
  }

  /**
   * Takes the next message into a buffer from `offset`; gives its length. Where it does not fit, BufferTooShort has it whole in `data`.
   * Rejects as `recv` does.
   */
  recvBytesInto(buffer: BytesLike, offset = 0, options?: WaitOptions): Promise<number> {
    try {
      const target = readSlice(buffer, offset);
      const wait = readWait(options, 'recvBytesInto');
      return this.#receiver.wait(() => this.#receiver.into(target), wait);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The same, blocking the thread. */
  recvBytesIntoSync(buffer: BytesLike, offset = 0, options?: SyncWaitOptions): number {
    const target = readSlice(buffer, offset);
    const wait = readSyncWait(options, 'recvBytesIntoSync');
    return this.#receiver.waitSync(() => this.#receiver.into(target), wait);
  }

  /** Whether `recv` would give something at once, the end of file included; waits up to `timeout` milliseconds for that. Takes nothing. */
  poll(timeout = 0): Promise<boolean> {
    try {
      return this.#receiver.poll({ timeout: readTimeout(timeout) });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The same, blocking the thread. */
  pollSync(timeout = 0): boolean {
    return this.#receiver.pollSync({ timeout: readTimeout(timeout) });
  }

  /** Messages as they come, until the end of file. Leaving the loop early loses nothing. */
  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return this.#receiver.messages();
  }

  /** For `wait()`: a message, or the end of file. @internal */
  [selectable](): Selectable {
    const check = () => {
      if (!this.closed) this.#receiver.requireAble();
      return false;
    };
    return conditionOf(this.attachment, readableOf(this.#end), () => this.id, check);
  }

  /** A stream of messages both ways (object mode). It reads no more than is wanted; destroying or ending it both ways closes this end. */
  toDuplex(): Duplex {
    return toDuplex(this);
  }

  /**
   * The same as web streams, one for each direction, with backpressure. Closes this end when both are done.
   * @throws ClosedError
   */
  toWebStream(): WebStreams<T> {
    if (this.closed) throw new ClosedError();
    return toWebStreams<T>(this);
  }

  /**
   * Gives this end away: it is closed here, and whoever attaches to the handle first has it. Until then this process's life stands for
   * it. Messages and `Process` arguments do this by themselves.
   */
  handOver(): Handle {
    const { handle } = this;
    this[transfer].begin();
    this[transfer].finish();
    return handle;
  }

  override close(): void {
    if (this.closed) return;
    binding.pipeCloseEnd(this.id, this.#end);
    this.#letGo();
  }

  /** @internal */
  get [transfer](): Transfer {
    return {
      begin: () => {
        binding.pipeSendAway(this.id, this.#end);
      },
      undo: () => {
        binding.pipeClaim(this.id, this.#end);
      },
      finish: () => {
        keepUntilArrived(this.attachment, this.#end);
        this.#letGo();
      },
    };
  }

  #letGo(): void {
    this.#sender.id = this.#receiver.id = this.#lending.id = closedId;
    super.close();
  }
}

/** What the loans of an end are made of; 2 * end + 5 is its condition for memory to lend (native/core/messages/pipe.h). */
function loanCalls(end: number): LoanCalls {
  return {
    lend: (id, bytes) => binding.pipeLend(id, end, bytes),
    take: (id) => binding.pipeTakeLoan(id, end),
    put: (id, loan, view, meta) => binding.pipeSendLoan(id, end, loan, view, meta),
    side: `end${end}`,
    lendable: 4 + 2 * end + 1,
    putLock: -1,
  };
}
