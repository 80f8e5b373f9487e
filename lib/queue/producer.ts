import { types } from 'node:util';
import type { Codec } from '../codec/codec.js';
import { rawCodec } from '../codec/raw.js';
import { Full, ShutDown } from '../errors.js';
import type { Lending } from '../loans/lending.js';
import { Loan } from '../loans/loan.js';
import * as messages from '../messages.js';
import { binding, Outcome } from '../native.js';
import type { Wait } from '../options.js';
import { type QueueCalls, queueCalls } from './calls.js';
import { handOver } from '../pipe/transfer.js';
import { type Blocked, blocked, type Lane } from '../waiting/lane.js';

/** The conditions of a native queue (native/core/messages/queue.h). */
export const Condition = {
  notEmpty: 0,
  notFull: 1,
  putLock: 2,
  getLock: 3,
  lendable: 5,
  publishable: 6,
} as const;

/** How long a form that never waits stays with another process's critical section, which takes microseconds; in milliseconds. */
export const lockPatience = 100;

/** After so many failed attempts a producer asks the others to leave the next room to it. */
const patience = 3;

const done: Promise<void> = Promise.resolve();

/** The putting side of a queue's handle. An item is encoded once, before anything is locked. */
export class Producer<T> {
  /** The queue; another number once the handle is closed. */
  id: number;
  readonly #lane: Lane;
  readonly #codec: Codec<T>;
  readonly #owner: object;
  readonly #calls: QueueCalls;
  readonly #lending: Lending | undefined;

  /** Without `lending` a loan is refused as an item that cannot travel. */
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

  put(item: T | Loan, wait: Wait): Promise<void> {
    if (isLoan(item) && this.#lending !== undefined)
      return this.#through(this.#publishing(this.#lending, item), wait);
    if (this.#isWhole(item)) {
      if (!this.#lane.busy && !wait.signal?.aborted && this.#putWhole(item) !== blocked)
        return done;
      // The caller may change the buffer while it waits.
      return this.#through(this.#retry(Buffer.from(item), undefined), wait);
    }
    messages.encode(this.#codec, item as T);
    const objects = messages.takeObjects();
    if (!this.#lane.busy && !wait.signal?.aborted && this.#putScratch(objects) !== blocked)
      return done;
    const bytes = messages.encodedCopy();
    if (wait.timeout === 0 && !wait.signal?.aborted) {
      this.#putNow(this.#retry(bytes, objects));
      return done;
    }
    return this.#wait(wait, this.#retry(bytes, objects));
  }

  putSync(item: T | Loan, wait: Wait): void {
    if (isLoan(item) && this.#lending !== undefined) {
      this.#throughSync(this.#publishing(this.#lending, item), wait);
      return;
    }
    if (this.#isWhole(item)) {
      this.#throughSync(this.#retry(item, undefined), wait);
      return;
    }
    messages.encode(this.#codec, item as T);
    const objects = messages.takeObjects();
    if (!this.#lane.busy && this.#putScratch(objects) !== blocked) return;
    const bytes = messages.encodedCopy();
    if (wait.timeout === 0) this.#putNow(this.#retry(bytes, objects));
    else this.#lane.waitSync(wait, this.#retry(bytes, objects), () => this.#giveUp());
  }

  putMany(items: readonly T[], wait: Wait): Promise<void> {
    const batch = this.#encodeAll(items);
    if (!this.#lane.busy && !wait.signal?.aborted && batch.attempt() !== blocked) return done;
    batch.keep();
    if (wait.timeout === 0 && !wait.signal?.aborted) {
      this.#putNow(batch.attempt, batch.count);
      return done;
    }
    return this.#wait(wait, batch.attempt, batch.count);
  }

  putManySync(items: readonly T[], wait: Wait): void {
    const batch = this.#encodeAll(items);
    if (!this.#lane.busy && batch.attempt() !== blocked) return;
    batch.keep();
    if (wait.timeout === 0) this.#putNow(batch.attempt, batch.count);
    else this.#lane.waitSync(wait, batch.attempt, () => this.#giveUp(batch.count()));
  }

  /** This thread's waits look again. */
  settle(): void {
    this.#lane.settle();
  }

  #wait(wait: Wait, attempt: () => undefined | Blocked, count?: () => number): Promise<void> {
    return this.#lane.wait<void>(
      this.#owner,
      wait,
      attempt,
      () => this.#giveUp(count?.()),
      // Others would leave the next room to a put that is no more.
      () => this.#calls.stopInsisting(this.id),
    );
  }

  #putScratch(objects: readonly object[] | undefined): undefined | Blocked {
    const { start, end } = messages.scratch;
    const outcome =
      objects === undefined
        ? this.#calls.put(this.id, start, end, false)
        : handOver(
            objects,
            () => this.#calls.put(this.id, start, end, false),
            (result) => result > 0,
          );
    return outcome > 0 ? undefined : this.#blockedBy(outcome, end - start);
  }

  /** Later attempts at a put, from a copy of its bytes. */
  #retry(bytes: Uint8Array, objects: readonly object[] | undefined): () => undefined | Blocked {
    let attempts = 0;
    return () => {
      const insist = ++attempts > patience;
      const outcome = handOver(
        objects,
        () => this.#calls.putBytes(this.id, bytes, insist),
        (result) => result > 0,
      );
      return outcome > 0 ? undefined : this.#blockedBy(outcome, bytes.length);
    };
  }

  /** Whether the item is its own encoding, and large: it is copied once, not by way of `scratch`. */
  #isWhole(item: T | Loan): item is T & Uint8Array {
    return this.#codec === rawCodec && types.isUint8Array(item) && item.length > messages.usual;
  }

  #putWhole(bytes: Uint8Array): undefined | Blocked {
    const outcome = this.#calls.putBytes(this.id, bytes, false);
    return outcome > 0 ? undefined : this.#blockedBy(outcome, bytes.length);
  }

  #publishing(lending: Lending, loan: Loan): () => undefined | Blocked {
    const { attempt, need } = lending.publication(loan);
    let attempts = 0;
    return () => {
      const outcome = attempt(++attempts > patience);
      return outcome > 0 ? undefined : this.#blockedBy(outcome, need, Condition.publishable);
    };
  }

  /** What needs no copy to wait. */
  #through(attempt: () => undefined | Blocked, wait: Wait): Promise<void> {
    if (!this.#lane.busy && !wait.signal?.aborted && attempt() !== blocked) return done;
    if (wait.timeout === 0 && !wait.signal?.aborted) {
      this.#putNow(attempt);
      return done;
    }
    return this.#lane.wait(this.#owner, wait, attempt, () => this.#giveUp());
  }

  #throughSync(attempt: () => undefined | Blocked, wait: Wait): void {
    if (!this.#lane.busy && attempt() !== blocked) return;
    if (wait.timeout === 0) this.#putNow(attempt);
    else this.#lane.waitSync(wait, attempt, () => this.#giveUp());
  }

  #blockedBy(outcome: number, need: number, room: number = Condition.notFull): Blocked {
    if (outcome === Outcome.full) return this.#lane.blockedOn(room, need);
    if (outcome === Outcome.busy) return this.#lane.blockedOn(Condition.putLock);
    throw new ShutDown();
  }

  /** Another process inside its critical section is no reason to say "full". */
  #putNow(attempt: () => undefined | Blocked, count = () => 0): void {
    const deadline = performance.now() + lockPatience;
    while (this.#lane.busy || attempt() === blocked) {
      if (this.#lane.busy || !this.#lane.isBlockedOn(Condition.putLock)) this.#giveUp(count());
      if (performance.now() > deadline) this.#giveUp(count());
      binding.waitSync(this.id, Condition.putLock, 0, 1);
    }
  }

  #giveUp(count = 0): never {
    this.#calls.stopInsisting(this.id);
    throw Object.assign(new Full(), { count });
  }

  #encodeAll(items: readonly T[]): PutMany {
    const batch = messages.encodeBatch(this.#codec, items);
    return batch.objects.length > 0 ? this.#oneByOne(items) : this.#allAtOnce(batch);
  }

  #allAtOnce(batch: messages.Batch): PutMany {
    let waiting: messages.WaitingBatch | undefined;
    let put = 0; // of the whole batch
    let first = 0; // of what lies in the batch buffer
    let start = 0;
    let left = batch.bytes;
    let attempts = 0;
    const attempt = (): undefined | Blocked => {
      if (waiting !== undefined) {
        messages.restoreBatch(waiting);
        first = start = 0;
      }
      const insist = ++attempts > patience;
      // Nothing to put is an error all the same on a handle that was closed.
      if (batch.count === 0) this.#calls.count(this.id);
      while (put < batch.count) {
        const outcome = this.#calls.putMany(this.id, start, first, batch.count - put, insist);
        if (outcome <= 0) {
          const next = messages.lengthAt(first);
          if (waiting !== undefined)
            waiting = messages.copyBatch(first, batch.count - put, start, left);
          return this.#blockedBy(outcome, next);
        }
        put += outcome;
        // Most often all of it went in.
        if (put === batch.count) break;
        let bytes = 0;
        for (let index = first; index < first + outcome; index++) bytes += messages.lengthAt(index);
        first += outcome;
        start += bytes;
        left -= bytes;
        attempts = 0;
      }
      messages.trimBatch();
      return undefined;
    };
    return {
      attempt,
      // Others may encode before the next attempt.
      keep: () => {
        waiting = messages.copyBatch(first, batch.count - put, start, left);
      },
      count: () => put,
    };
  }

  /** A batch that carries objects which change hands goes one item at a time. */
  #oneByOne(items: readonly T[]): PutMany {
    const puts = items.map((item) => {
      messages.encode(this.#codec, item);
      const objects = messages.takeObjects();
      return this.#retry(messages.encodedCopy(), objects);
    });
    let put = 0;
    return {
      attempt: () => {
        for (const one of puts.slice(put)) {
          if (one() === blocked) return blocked;
          put++;
        }
        return undefined;
      },
      keep: () => undefined,
      count: () => put,
    };
  }
}

function isLoan(item: unknown): item is Loan {
  return typeof item === 'object' && item instanceof Loan;
}

/** A batch on its way. */
interface PutMany {
  attempt(this: void): undefined | Blocked;
  /** Copies what is left out of the way of other batches, before a wait. */
  keep(): void;
  /** How many items went in so far. */
  count(this: void): number;
}
