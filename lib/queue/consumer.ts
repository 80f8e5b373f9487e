import type { Codec } from '../codec/codec.js';
import { rawCodec } from '../codec/raw.js';
import { Empty, ShutDown } from '../errors.js';
import type { Lending } from '../loans/lending.js';
import type { Loan } from '../loans/loan.js';
import * as messages from '../messages.js';
import { binding, Outcome } from '../native.js';
import { forEver, type Wait } from '../options.js';
import { type QueueCalls, queueCalls } from './calls.js';
import { Condition, lockPatience } from './producer.js';
import { iterate } from '../waiting/iteration.js';
import { type Blocked, blocked, type Lane } from '../waiting/lane.js';

/** The taking side of a queue's handle. An item is decoded after everything is unlocked. */
export class Consumer<T> {
  /** The queue; another number once the handle is closed. */
  id: number;
  readonly #lane: Lane;
  readonly #codec: Codec<T>;
  readonly #owner: object;
  readonly #calls: QueueCalls;
  readonly #lending: Lending | undefined;
  /** Items taken together with one that could not be decoded: the next ones to come. */
  readonly #undecoded: Buffer[] = [];

  /** `lending` where the queue may have loans. */
  constructor(
    owner: object,
    id: number,
    lane: Lane,
    codec: Codec<T>,
    calls = queueCalls,
    lending?: Lending,
  ) {
    this.#owner = owner;
    this.id = id;
    this.#lane = lane;
    this.#codec = codec;
    this.#calls = calls;
    this.#lending = lending;
  }

  get(wait: Wait): Promise<T> {
    return this.#getBy(this.#take, wait);
  }

  getSync(wait: Wait): T {
    return this.#getSyncBy(this.#take, wait);
  }

  /** The oldest item as bytes in place. */
  getLoan(wait: Wait): Promise<Loan> {
    return this.#getBy(this.#takeLoan, wait);
  }

  getLoanSync(wait: Wait): Loan {
    return this.#getSyncBy(this.#takeLoan, wait);
  }

  #getBy<R>(take: () => R | Blocked, wait: Wait): Promise<R> {
    const item = this.#lane.attempt(wait, take);
    if (item !== blocked) return Promise.resolve(item);
    if (wait.timeout === 0 && !this.#lane.busy && !wait.signal?.aborted)
      return Promise.resolve(this.#now(take));
    return this.#lane.wait(this.#owner, wait, take, throwEmpty);
  }

  #getSyncBy<R>(take: () => R | Blocked, wait: Wait): R {
    if (!this.#lane.busy) {
      const item = take();
      if (item !== blocked) return item;
    }
    if (wait.timeout === 0) return this.#now(take);
    return this.#lane.waitSync(wait, take, throwEmpty);
  }

  getMany(most: number, wait: Wait): Promise<T[]> {
    const take = () => this.#takeMany(most);
    if (!this.#lane.busy && !wait.signal?.aborted) {
      const items = take();
      if (items !== blocked) return Promise.resolve(items);
      if (wait.timeout === 0) return Promise.resolve(this.#now(take));
    }
    return this.#lane.wait(this.#owner, wait, take, throwEmpty);
  }

  getManySync(most: number, wait: Wait): T[] {
    const take = () => this.#takeMany(most);
    if (wait.timeout === 0) return this.#now(take);
    return this.#lane.waitSync(wait, take, throwEmpty);
  }

  /** Items as they come, until the queue is shut down and drained. */
  items(): AsyncIterator<T, undefined> {
    return iterate({
      take: () => this.#lane.attempt(forEver, this.#take),
      wait: () => this.#lane.wait(this.#owner, forEver, this.#take, throwEmpty),
      isEnd: (error) => error instanceof ShutDown,
    });
  }

  /** Whether items wait here that the queue has not any more. */
  get keeps(): boolean {
    return this.#undecoded.length > 0;
  }

  /** This thread's waits look again. */
  settle(): void {
    this.#lane.settle();
  }

  readonly #take = (): T | Blocked => {
    if (this.#undecoded.length > 0) return this.#decodeLater();
    const outcome = this.#calls.get(this.id);
    if (outcome >= 0) return messages.decode(this.#codec, 0, outcome);
    if (outcome === Outcome.loan) return this.#takeCopy();
    if (outcome !== Outcome.smallBuffer) return this.#blockedBy(outcome);
    if (this.#calls.getInto !== undefined && this.#codec === rawCodec) return this.#takeWhole();
    messages.growReceived();
    return this.#take();
  };

  /** Bytes that are the item: straight into the buffer that becomes it. */
  #takeWhole(): T | Blocked {
    const bytes = messages.bufferForNeeded();
    const outcome = this.#calls.getInto?.(this.id, bytes) ?? Outcome.empty;
    if (outcome === bytes.length) return bytes as T;
    // Somebody else took the one that was so long.
    return outcome >= 0 ? (Buffer.from(bytes.subarray(0, outcome)) as T) : this.#take();
  }

  readonly #takeLoan = (): Loan | Blocked => {
    const lending = this.#lending as Lending;
    const bytes = this.#undecoded.shift();
    if (bytes !== undefined) return lending.copied(bytes);
    const loan = lending.take();
    return typeof loan === 'number' ? this.#blockedBy(loan) : loan;
  };

  /** What was sent as a loan, for who wants an item: a buffer. Somebody else may have taken it meanwhile, and this is the next one. */
  #takeCopy(): T | Blocked {
    const loan = this.#takeLoan();
    if (loan === blocked) return blocked;
    try {
      const bytes = Buffer.from(loan.buffer);
      return loan.encoded ? this.#codec.decode(bytes, 0, bytes.length) : (bytes as T);
    } finally {
      loan.release();
    }
  }

  #takeMany(most: number): T[] | Blocked {
    if (this.#undecoded.length > 0) return [this.#decodeLater()];
    const count = this.#calls.getMany(this.id, Math.min(most, messages.batchMost));
    if (count === Outcome.smallBuffer) {
      messages.growReceived();
      return this.#takeMany(most);
    }
    if (count === Outcome.loan) {
      const item = this.#takeCopy();
      return item === blocked ? blocked : [item];
    }
    return count < 0 ? this.#blockedBy(count) : this.#decodeMany(count);
  }

  #decodeMany(count: number): T[] {
    // One message may be too large for the receive buffer to be kept: decode() takes care of that.
    if (count === 1) return [messages.decode(this.#codec, 0, messages.lengthAt(0))];
    if (this.#codec === rawCodec) return messages.copyMessages(count) as T[];
    const items: T[] = new Array(count);
    const batch = messages.receivedBatch(this.#codec, count);
    try {
      this.#decodeAll(batch, count, items);
    } catch (error) {
      // The first error is the caller's now; a later one, and all behind it, is for the calls to come.
      this.#keep(batch, items.length === 0 ? 1 : items.length, count);
      if (items.length === 0) throw error;
    }
    return items;
  }

  #decodeAll({ bytes, sizes }: messages.ReceivedBatch, count: number, items: T[]): void {
    if (this.#codec.decodeMany !== undefined) {
      this.#codec.decodeMany(bytes, sizes, count, items);
      return;
    }
    for (let index = 0, start = 0; index < count; index++) {
      const end = start + (sizes[index] as number);
      try {
        items[index] = this.#codec.decode(bytes, start, end);
      } catch (error) {
        items.length = index;
        throw error;
      }
      start = end;
    }
  }

  #keep({ bytes, sizes }: messages.ReceivedBatch, first: number, count: number): void {
    for (let index = 0, start = 0; index < count; index++) {
      const end = start + (sizes[index] as number);
      if (index >= first) this.#undecoded.push(Buffer.from(bytes.subarray(start, end)));
      start = end;
    }
  }

  #decodeLater(): T {
    const bytes = this.#undecoded.shift() as Buffer;
    return this.#codec.decode(bytes, 0, bytes.length);
  }

  #blockedBy(outcome: number): Blocked {
    if (outcome === Outcome.empty) return this.#lane.blockedOn(Condition.notEmpty);
    if (outcome === Outcome.busy) return this.#lane.blockedOn(Condition.getLock);
    throw new ShutDown();
  }

  /** Another process inside its critical section is no reason to say "empty". */
  #now<R>(take: () => R | Blocked): R {
    const deadline = performance.now() + lockPatience;
    while (!this.#lane.busy) {
      const result = take();
      if (result !== blocked) return result;
      if (!this.#lane.isBlockedOn(Condition.getLock) || performance.now() > deadline) break;
      binding.waitSync(this.id, Condition.getLock, 0, 1);
    }
    return throwEmpty();
  }
}

function throwEmpty(): never {
  throw new Empty();
}
