import { wholeMessage } from '../bytes.js';
import type { Codec } from '../codec/codec.js';
import { BufferTooShort, CorruptSegmentError, EOFError, InterprocError } from '../errors.js';
import type { Lending } from '../loans/lending.js';
import type { Loan } from '../loans/loan.js';
import * as messages from '../messages.js';
import { binding, Outcome } from '../native.js';
import { forEver, type Wait } from '../options.js';
import { iterate } from '../waiting/iteration.js';
import { type Blocked, blocked, type Lane } from '../waiting/lane.js';
import { type Side, throwTimeout } from './sender.js';

/** The condition under which an end can be read (native/core/messages/pipe.h). */
export const readableOf = (end: number): number => 2 * end;

/** One attempt to take the next message, in the form that the caller wants. */
export type Take<R> = () => R | Blocked;

/** The receiving side of an end's handle: what one message can be taken as, and the waits for it. */
export class Receiver<T> {
  /** The pipe; another number once the handle is closed. */
  id: number;
  readonly #owner: object;
  readonly #name: string;
  readonly #end: number;
  readonly #able: boolean;
  readonly #lane: Lane;
  readonly #codec: Codec<T>;
  readonly #lending: Lending;
  readonly #onSpoilt: () => void;
  #spoilt = false;

  /** `onSpoilt` is called when nothing can be received any more. */
  constructor({ owner, id, end, able, lane, codec, lending }: Side<T>, onSpoilt: () => void) {
    this.#owner = owner;
    this.#name = owner.name;
    this.id = id;
    this.#end = end;
    this.#able = able;
    this.#lane = lane;
    this.#codec = codec;
    this.#lending = lending;
    this.#onSpoilt = onSpoilt;
  }

  /** Whether messages can come: not where the pipe goes the other way, or a message was refused. */
  get able(): boolean {
    return this.#able && !this.#spoilt;
  }

  wait<R>(take: Take<R>, wait: Wait): Promise<R> {
    this.requireAble();
    const result = this.#lane.attempt(wait, take);
    if (result !== blocked) return Promise.resolve(result);
    return this.#lane.wait(this.#owner, wait, () => this.#takeLater(take), throwTimeout);
  }

  waitSync<R>(take: Take<R>, wait: Wait): R {
    this.requireAble();
    if (!this.#lane.busy) {
      const result = take();
      if (result !== blocked) return result;
    }
    return this.#lane.waitSync(wait, () => this.#takeLater(take), throwTimeout);
  }

  /** Messages as they come, until the end of file. */
  messages(): AsyncIterator<T, undefined> {
    const take = () => this.#takeLater(this.message);
    return iterate({
      take: () => this.#lane.attempt(forEver, take),
      wait: () => this.#lane.wait(this.#owner, forEver, take, throwTimeout),
      isEnd: (error) => error instanceof EOFError,
    });
  }

  /** Whether there is anything to take, the end of file included; false when time has run out. */
  poll(wait: Wait): Promise<boolean> {
    this.requireAble();
    if (this.#look() === true) return Promise.resolve(true);
    if (wait.timeout === 0) return Promise.resolve(false);
    return this.#lane.wait<boolean>(this.#owner, wait, this.#look, () => false);
  }

  pollSync(wait: Wait): boolean {
    this.requireAble();
    return this.#lane.waitSync<boolean>(wait, this.#look, () => false);
  }

  /** @throws InterprocError `ERR_NOT_READABLE` */
  requireAble(): void {
    if (this.able) return;
    throw new InterprocError(
      'This end cannot be read from: it only writes, or recvBytes met too long a message',
      { code: 'ERR_NOT_READABLE' },
    );
  }

  /** The message decoded. */
  readonly message: Take<T> = () => {
    const outcome = binding.pipeReceive(this.id, this.#end);
    if (outcome >= 0) return messages.decode(this.#codec, 0, outcome);
    if (outcome === Outcome.loan) return this.#copyOfLoan() as T;
    if (outcome !== Outcome.smallBuffer) return this.#blockedBy(outcome);
    messages.growReceived();
    return this.message();
  };

  /** The message in place. */
  readonly loan: Take<Loan> = () => {
    const loan = this.#lending.take();
    return typeof loan === 'number' ? this.#blockedBy(loan) : loan;
  };

  /** The message as bytes. One that is longer than `most` spoils the end: what follows cannot be trusted to be wanted, as in Python. */
  bytes(most: number): Buffer | Blocked {
    const length = binding.pipeNextLength(this.id, this.#end);
    if (length < 0) return this.#blockedBy(length);
    if (length > most) {
      this.#spoilt = true;
      this.#onSpoilt();
      throw new BufferTooShort(`A message of ${length} bytes is longer than ${most}`);
    }
    const bytes = Buffer.allocUnsafe(length);
    const outcome = binding.pipeReceiveInto(this.id, this.#end, bytes, 0);
    if (outcome === Outcome.loan) return this.#copyOfLoan();
    // What is read twice in shared memory may have changed in between; these bytes are nobody's then.
    if (outcome === length) return bytes;
    throw new CorruptSegmentError(`The length of a message of '${this.#name}' changed`);
  }

  /** The message's bytes in the caller's memory; how many they are. */
  into(target: Uint8Array): number | Blocked {
    const outcome = binding.pipeReceiveInto(this.id, this.#end, target, 0);
    if (outcome >= 0) return outcome;
    if (outcome !== Outcome.smallBuffer && outcome !== Outcome.loan)
      return this.#blockedBy(outcome);
    const data = this.bytes(wholeMessage) as Buffer;
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
    return this.#lane.blockedOn(readableOf(this.#end));
  };

  /** An earlier wait of this thread may have met too long a message meanwhile. */
  #takeLater<R>(take: Take<R>): R | Blocked {
    this.requireAble();
    return take();
  }

  /** The bytes of the loan that is known to be next. */
  #copyOfLoan(): Buffer {
    const loan = this.loan();
    if (loan === blocked) throw new CorruptSegmentError(`A message of '${this.#name}' vanished`);
    try {
      return Buffer.from(loan.buffer);
    } finally {
      loan.release();
    }
  }

  #blockedBy(outcome: number): Blocked {
    if (outcome === Outcome.endOfFile) throw new EOFError();
    return this.#lane.blockedOn(readableOf(this.#end));
  }
}
