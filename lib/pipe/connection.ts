import type { Duplex } from 'node:stream';
import type { Attachment } from '../attachment.js';
import type { Codec } from '../codec/codec.js';
import { type BytesLike, readMaxLength, readSlice, wholeMessage } from '../bytes.js';
import { toDuplex } from './duplex.js';
import {
  BrokenPipeError,
  BufferTooShort,
  ClosedError,
  CorruptSegmentError,
  EOFError,
  InterprocError,
  TimeoutError,
} from '../errors.js';
import { Lending } from '../loans/lending.js';
import { Loan } from '../loans/loan.js';
import { keepUntilArrived } from './in-transit.js';
import { untilEndOfFile } from './message-end.js';
import * as messages from '../messages.js';
import { binding, Outcome } from '../native.js';
import {
  readInteger,
  readSyncWait,
  readTimeout,
  readWait,
  type SyncWaitOptions,
  type Wait,
  type WaitOptions,
} from '../options.js';
import { conditionOf } from '../select/condition-watch.js';
import { type HasSelectable, type Selectable, selectable } from '../select/selectable.js';
import { closedId, type Handle, SharedObject } from '../shared-object.js';
import { handOver, type Transfer, transfer } from './transfer.js';
import { toWebStreams, type WebStreams } from './web-streams.js';
import { type Blocked, blocked, type Lane } from '../waiting/lane.js';

const done: Promise<void> = Promise.resolve();

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
  readonly #codec: Codec<T>;
  readonly #sends: Lane;
  readonly #receives: Lane;
  readonly #lending: Lending;
  readonly #readable: boolean;
  readonly #writable: boolean;
  #spoilt = false;

  /** Made by `Pipe`, `attach` and whoever receives one. @internal */
  constructor(attachment: Attachment, end: number, codec: Codec<T>) {
    super(attachment, 'connection');
    this.#end = end;
    this.#codec = codec;
    const { readable, writable } = binding.pipeAbilities(attachment.id, end);
    this.#readable = readable;
    this.#writable = writable;
    this.#sends = attachment.lane(`send${end}`);
    this.#receives = attachment.lane(`receive${end}`);
    this.#lending = new Lending(this, attachment, attachment.lane(`lend${end}`), {
      lend: (id, bytes) => binding.pipeLend(id, end, bytes),
      take: (id) => binding.pipeTakeLoan(id, end),
      put: (id, loan, view, meta) => binding.pipeSendLoan(id, end, loan, view, meta),
      side: `end${end}`,
      lendable: 4 + 2 * end + 1,
      putLock: -1,
    });
  }

  override get handle(): Handle {
    return { ...super.handle, end: this.#end };
  }

  /** Whether messages can come from this end. False for the writing end of a one-way pipe, and after `recvBytes` met a longer message. */
  get readable(): boolean {
    return this.#readable && !this.#spoilt && !this.closed;
  }

  /** Whether messages can be sent by this end. */
  get writable(): boolean {
    return this.#writable && !this.closed;
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
      const wait = readWait(options, 'send');
      if (message instanceof Loan) {
        const attempt = this.#publishing(message);
        if (!this.#sends.busy && !wait.signal?.aborted && attempt() !== blocked) return done;
        return this.#sends.wait(this, wait, attempt, throwTimeout);
      }
      const objects = this.#encode(message);
      return this.#sendEncoded(objects, wait);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Blocks the thread while there is no room. @throws what `send` rejects with */
  sendSync(message: T | Loan, options?: SyncWaitOptions): void {
    const wait = readSyncWait(options, 'sendSync');
    if (message instanceof Loan) {
      this.#sends.waitSync(wait, this.#publishing(message), throwTimeout);
      return;
    }
    const objects = this.#encode(message);
    if (!this.#sends.busy && this.#sendScratch(objects) !== blocked) return;
    const bytes = messages.encodedCopy();
    this.#sends.waitSync(wait, () => this.#sendBuffer(bytes, objects), throwTimeout);
  }

  /** Takes the next message; waits for one. Rejects with EOFError, TimeoutError, AbortError, ClosedError, SerializationError, `ERR_NOT_READABLE`. */
  recv(options?: WaitOptions): Promise<T> {
    return this.#receive(options, 'recv', this.#take);
  }

  /** Blocks the thread until there is a message. @throws what `recv` rejects with */
  recvSync(options?: SyncWaitOptions): T {
    return this.#receiveSync(options, 'recvSync', this.#take);
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
      this.#checkWritable();
      return this.#lending.lend(size, wait, throwTimeout) as Promise<Loan<Meta>>;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The same, blocking the thread. */
  allocSync<Meta = unknown>(bytes: number, options?: SyncWaitOptions): Loan<Meta> {
    const size = readInteger(bytes, 'bytes', 1);
    const wait = readSyncWait(options, 'allocSync');
    this.#checkWritable();
    return this.#lending.lendSync(size, wait, throwTimeout) as Loan<Meta>;
  }

  /**
   * Takes the next message as its bytes, in place: of a loan what its sender wrote, of another message what `recvBytes` gives. Small
   * messages are copied. `release` it when it was read. Rejects as `recv` does.
   */
  recvLoan<Meta = unknown>(options?: WaitOptions): Promise<Loan<Meta>> {
    return this.#receive(options, 'recvLoan', this.#takeLoan) as Promise<Loan<Meta>>;
  }

  /** The same, blocking the thread. */
  recvLoanSync<Meta = unknown>(options?: SyncWaitOptions): Loan<Meta> {
    return this.#receiveSync(options, 'recvLoanSync', this.#takeLoan) as Loan<Meta>;
  }

  /**
   * Sends `size` bytes of a buffer from `offset` as one message. `offset` equal to the length sends an empty one.
   * Rejects as `send` does; TypeError for what is no buffer, RangeError for a part outside it.
   */
  sendBytes(buffer: BytesLike, offset = 0, size?: number, options?: WaitOptions): Promise<void> {
    try {
      const wait = readWait(options, 'sendBytes');
      const bytes = readSlice(buffer, offset, size);
      this.#checkWritable();
      if (!this.#sends.busy && !wait.signal?.aborted && this.#sendBuffer(bytes) !== blocked)
        return done;
      // The caller may change the buffer while the message waits.
      const copy = Buffer.from(bytes);
      return this.#sends.wait(this, wait, () => this.#sendBuffer(copy), throwTimeout);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The same, blocking the thread. */
  sendBytesSync(buffer: BytesLike, offset = 0, size?: number, options?: SyncWaitOptions): void {
    const wait = readSyncWait(options, 'sendBytesSync');
    const bytes = readSlice(buffer, offset, size);
    this.#checkWritable();
    this.#sends.waitSync(wait, () => this.#sendBuffer(bytes), throwTimeout);
  }

  /**
   * Takes the next message as bytes, whatever it was sent with: the encoded bytes of a `send`.
   * Rejects as `recv` does. A message longer than `maxLength` is BufferTooShort, and this end is no longer readable.
   */
  recvBytes(maxLength?: number, options?: WaitOptions): Promise<Buffer> {
    try {
      const most = readMaxLength(maxLength);
      return this.#receive(options, 'recvBytes', () => this.#takeBytes(most));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The same, blocking the thread. */
  recvBytesSync(maxLength?: number, options?: SyncWaitOptions): Buffer {
    const most = readMaxLength(maxLength);
    return this.#receiveSync(options, 'recvBytesSync', () => this.#takeBytes(most));
  }

  /**
   * Takes the next message into a buffer from `offset`; gives its length. Where it does not fit, BufferTooShort has it whole in `data`.
   * Rejects as `recv` does.
   */
  recvBytesInto(buffer: BytesLike, offset = 0, options?: WaitOptions): Promise<number> {
    try {
      const target = readSlice(buffer, offset);
      return this.#receive(options, 'recvBytesInto', () => this.#takeInto(target));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The same, blocking the thread. */
  recvBytesIntoSync(buffer: BytesLike, offset = 0, options?: SyncWaitOptions): number {
    const target = readSlice(buffer, offset);
    return this.#receiveSync(options, 'recvBytesIntoSync', () => this.#takeInto(target));
  }

  /** Whether `recv` would give something at once, the end of file included; waits up to `timeout` milliseconds for that. Takes nothing. */
  poll(timeout = 0): Promise<boolean> {
    try {
      const wait = { timeout: readTimeout(timeout) };
      this.#checkReadable();
      if (this.#look() === true) return Promise.resolve(true);
      if (wait.timeout === 0) return Promise.resolve(false);
      return this.#receives.wait(this, wait, this.#look, () => false);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The same, blocking the thread. */
  pollSync(timeout = 0): boolean {
    const wait = { timeout: readTimeout(timeout) };
    this.#checkReadable();
    return this.#receives.waitSync(wait, this.#look, () => false);
  }

  /** Messages as they come, until the end of file. Leaving the loop early loses nothing. */
  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return untilEndOfFile(this);
  }

  /** For `wait()`: a message, or the end of file. @internal */
  [selectable](): Selectable {
    const check = () => {
      if (!this.closed) this.#checkReadable();
      return false;
    };
    return conditionOf(this.attachment, 2 * this.#end, () => this.id, check);
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
    this.#lending.id = closedId;
    binding.pipeCloseEnd(this.id, this.#end);
    super.close();
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
        this.#lending.id = closedId;
        super.close();
      },
    };
  }

  #publishing(loan: Loan): () => undefined | Blocked {
    this.#checkWritable();
    const { attempt, need } = this.#lending.publication(loan);
    return () => {
      const outcome = attempt(false);
      if (outcome > 0) return undefined;
      if (outcome === Outcome.brokenPipe) throw new BrokenPipeError();
      return this.#sends.blockedOn(8 + 2 * this.#end + 1, need);
    };
  }

  #encode(message: T): readonly object[] | undefined {
    this.#checkWritable();
    messages.encode(this.#codec, message);
    return messages.takeObjects();
  }

  #sendEncoded(objects: readonly object[] | undefined, wait: Wait): Promise<void> {
    if (!this.#sends.busy && !wait.signal?.aborted && this.#sendScratch(objects) !== blocked)
      return done;
    const bytes = messages.encodedCopy();
    return this.#sends.wait(this, wait, () => this.#sendBuffer(bytes, objects), throwTimeout);
  }

  #sendScratch(objects: readonly object[] | undefined): undefined | Blocked {
    const { start, end } = messages.scratch;
    const outcome =
      objects === undefined
        ? binding.pipeSend(this.id, this.#end, start, end)
        : handOver(objects, () => binding.pipeSend(this.id, this.#end, start, end), succeeded);
    return outcome > 0 ? undefined : this.#sendOutcome(outcome, end - start);
  }

  #sendBuffer(bytes: Uint8Array, objects?: readonly object[]): undefined | Blocked {
    const outcome = handOver(
      objects,
      () => binding.pipeSendBytes(this.id, this.#end, bytes, 0, bytes.length),
      succeeded,
    );
    return outcome > 0 ? undefined : this.#sendOutcome(outcome, bytes.length);
  }

  #sendOutcome(outcome: number, need: number): Blocked {
    if (outcome === Outcome.brokenPipe) throw new BrokenPipeError();
    return this.#sends.blockedOn(2 * this.#end + 1, need);
  }

  #receive<R>(
    options: WaitOptions | undefined,
    where: string,
    take: () => R | Blocked,
  ): Promise<R> {
    try {
      const wait = readWait(options, where);
      this.#checkReadable();
      if (!this.#receives.busy && !wait.signal?.aborted) {
        const result = take();
        if (result !== blocked) return Promise.resolve(result);
      }
      return this.#receives.wait(this, wait, () => this.#takeLater(take), throwTimeout);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #receiveSync<R>(options: SyncWaitOptions | undefined, where: string, take: () => R | Blocked): R {
    const wait = readSyncWait(options, where);
    this.#checkReadable();
    return this.#receives.waitSync(wait, () => this.#takeLater(take), throwTimeout);
  }

  /** An earlier wait of this thread may have met too long a message meanwhile. */
  #takeLater<R>(take: () => R | Blocked): R | Blocked {
    this.#checkReadable();
    return take();
  }

  readonly #take = (): T | Blocked => {
    const outcome = binding.pipeReceive(this.id, this.#end);
    if (outcome >= 0) return messages.decode(this.#codec, 0, outcome);
    if (outcome === Outcome.loan) return this.#takeCopy() as T;
    if (outcome !== Outcome.smallBuffer) return this.#receiveOutcome(outcome);
    messages.growReceived();
    return this.#take();
  };

  readonly #takeLoan = (): Loan | Blocked => {
    const loan = this.#lending.take();
    return typeof loan === 'number' ? this.#receiveOutcome(loan) : loan;
  };

  /** The bytes of the loan that is known to be next. */
  #takeCopy(): Buffer {
    const loan = this.#takeLoan();
    if (loan === blocked) throw new CorruptSegmentError(`A message of '${this.name}' vanished`);
    try {
      return Buffer.from(loan.buffer);
    } finally {
      loan.release();
    }
  }

  #takeBytes(most: number): Buffer | Blocked {
    const length = binding.pipeNextLength(this.id, this.#end);
    if (length < 0) return this.#receiveOutcome(length);
    if (length > most) {
      this.#spoil();
      throw new BufferTooShort(`A message of ${length} bytes is longer than ${most}`);
    }
    const bytes = Buffer.allocUnsafe(length);
    const outcome = binding.pipeReceiveInto(this.id, this.#end, bytes, 0);
    if (outcome === Outcome.loan) return this.#takeCopy();
    // What is read twice in shared memory may have changed in between; these bytes are nobody's then.
    if (outcome === length) return bytes;
    throw new CorruptSegmentError(`The length of a message of '${this.name}' changed`);
  }

  #takeInto(target: Uint8Array): number | Blocked {
    const outcome = binding.pipeReceiveInto(this.id, this.#end, target, 0);
    if (outcome >= 0) return outcome;
    if (outcome !== Outcome.smallBuffer && outcome !== Outcome.loan)
      return this.#receiveOutcome(outcome);
    const data = this.#takeBytes(wholeMessage) as Buffer;
    if (data.length <= target.length) {
      target.set(data);
      return data.length;
    }
    throw new BufferTooShort(
      `A message of ${data.length} bytes does not fit into ${target.length}; it is whole in data`,
      { data },
    );
  }

  readonly #look = (): true | Blocked => {
    const length = binding.pipeNextLength(this.id, this.#end);
    if (length >= 0 || length === Outcome.endOfFile) return true;
    return this.#receives.blockedOn(2 * this.#end);
  };

  #receiveOutcome(outcome: number): Blocked {
    if (outcome === Outcome.endOfFile) throw new EOFError();
    return this.#receives.blockedOn(2 * this.#end);
  }

  /** As in Python: what follows a refused message cannot be trusted to be wanted. */
  #spoil(): void {
    this.#spoilt = true;
    if (!this.#writable) this.close();
  }

  #checkReadable(): void {
    if (this.#readable && !this.#spoilt) return;
    throw new InterprocError(
      'This end cannot be read from: it only writes, or recvBytes met too long a message',
      {
        code: 'ERR_NOT_READABLE',
      },
    );
  }

  #checkWritable(): void {
    if (this.#writable) return;
    throw new InterprocError('This end cannot be written to: it only reads', {
      code: 'ERR_NOT_WRITABLE',
    });
  }
}

function succeeded(outcome: number): boolean {
  return outcome > 0;
}

function throwTimeout(): never {
  throw new TimeoutError();
}
