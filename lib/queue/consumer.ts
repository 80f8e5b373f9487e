import type { Codec } from '../codec/codec.js';
import { Empty, ShutDown } from '../errors.js';
import * as messages from '../messages.js';
import { binding, Outcome } from '../native.js';
import type { Wait } from '../options.js';
import { type QueueCalls, queueCalls } from './calls.js';
import { Condition, lockPatience } from './producer.js';
import { type Blocked, blocked, type Lane } from '../waiting/lane.js';

/** The taking side of a queue's handle. An item is decoded after everything is unlocked. */
export class Consumer<T> {
  /** The queue; another number once the handle is closed. */
  id: number;
  readonly #lane: Lane;
  readonly #codec: Codec<T>;
  readonly #owner: object;
  readonly #calls: QueueCalls;
  /** Items taken together with one that could not be decoded: the next ones to come. */
  readonly #undecoded: Buffer[] = [];

  constructor(owner: object, id: number, lane: Lane, codec: Codec<T>, calls = queueCalls) {
    this.#owner = owner;
    this.id = id;
    this.#lane = lane;
    this.#codec = codec;
    this.#calls = calls;
  }

  get(wait: Wait): Promise<T> {
    if (!this.#lane.busy && !wait.signal?.aborted) {
      const item = this.#take();
      if (item !== blocked) return Promise.resolve(item);
      if (wait.timeout === 0) return Promise.resolve(this.#now(this.#take));
    }
    return this.#lane.wait(this.#owner, wait, this.#take, throwEmpty);
  }

  getSync(wait: Wait): T {
    if (!this.#lane.busy) {
      const item = this.#take();
      if (item !== blocked) return item;
    }
    if (wait.timeout === 0) return this.#now(this.#take);
    return this.#lane.waitSync(wait, this.#take, throwEmpty);
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
    if (outcome !== Outcome.smallBuffer) return this.#blockedBy(outcome);
    messages.growReceived();
    return this.#take();
  };

  #takeMany(most: number): T[] | Blocked {
    if (this.#undecoded.length > 0) return [this.#decodeLater()];
    const count = this.#calls.getMany(this.id, Math.min(most, messages.batchMost));
    if (count === Outcome.smallBuffer) {
      messages.growReceived();
      return this.#takeMany(most);
    }
    return count < 0 ? this.#blockedBy(count) : this.#decodeMany(count);
  }

  #decodeMany(count: number): T[] {
    // One message may be too large for the receive buffer to be kept: decode() takes care of that.
    if (count === 1) return [messages.decode(this.#codec, 0, messages.lengths[0] ?? 0)];
    const items: T[] = [];
    let start = 0;
    for (let index = 0; index < count; index++) {
      const end = start + (messages.lengths[index] ?? 0);
      try {
        items.push(messages.decode(this.#codec, start, end));
      } catch (error) {
        // The first error is the caller's now; a later one, and all behind it, is for the calls to come.
        if (index === 0) {
          this.#keep(1, count, end);
          throw error;
        }
        this.#keep(index, count, start);
        return items;
      }
      start = end;
    }
    return items;
  }

  #keep(first: number, count: number, start: number): void {
    for (let index = first; index < count; index++) {
      const end = start + (messages.lengths[index] ?? 0);
      this.#undecoded.push(messages.copyReceived(start, end));
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
