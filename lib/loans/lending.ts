import type { Attachment } from '../attachment.js';
import { msgpackCodec } from '../codec/msgpack.js';
import {
  BrokenPipeError,
  ClosedError,
  InterprocError,
  MessageTooLargeError,
  ShutDown,
} from '../errors.js';
import * as messages from '../messages.js';
import { binding, Outcome } from '../native.js';
import type { Wait } from '../options.js';
import { handOver } from '../pipe/transfer.js';
import { type Blocked, blocked, type Lane } from '../waiting/lane.js';
import { Lease, Loan } from './loan.js';

/** The native calls for the loans of a queue, or of one end of a pipe (binding.d.ts). */
export interface LoanCalls {
  lend(this: void, id: number, bytes: number): Buffer | number;
  take(this: void, id: number): Buffer | number;
  put(
    this: void,
    id: number,
    loan: number,
    view: ArrayBuffer,
    meta: Uint8Array,
    insist: boolean,
  ): number;
  /** Where what is lent can be sent: the direction of messages. */
  readonly side: string;
  /** What a wait for memory to lend is for, and one for the lock before it. */
  readonly lendable: number;
  readonly putLock: number;
}

/** A loan that is to be sent, with its encoded metadata. */
export interface Publication {
  /** One attempt: above 0, or an outcome. */
  attempt(this: void, insist: boolean): number;
  /** What a wait for room is told. */
  readonly need: number;
}

/** The largest encoded metadata (native/include/layout.h). */
const metaMost = 1000;

/** How long a form that never waits stays with another process's critical section, in milliseconds. */
const lockPatience = 100;

const noMeta = new Uint8Array(0);

/** The loans of one handle: single attempts, and the wait of `alloc`. */
export class Lending {
  /** The object; another number once the handle is closed. */
  id: number;
  readonly #owner: object;
  readonly #attachment: Attachment;
  readonly #lane: Lane;
  readonly #calls: LoanCalls;

  constructor(owner: object, attachment: Attachment, lane: Lane, calls: LoanCalls) {
    this.#owner = owner;
    this.#attachment = attachment;
    this.id = attachment.id;
    this.#lane = lane;
    this.#calls = calls;
  }

  /** Memory to fill and send; waits for room in the region. */
  lend(bytes: number, wait: Wait, onFull: () => never): Promise<Loan> {
    const attempt = () => this.#lend(bytes);
    if (!this.#lane.busy && wait.signal?.aborted !== true) {
      const loan = attempt();
      if (loan !== blocked) return Promise.resolve(loan);
      if (wait.timeout === 0) return Promise.resolve(this.#now(attempt, onFull));
    }
    return this.#lane.wait(this.#owner, wait, attempt, onFull);
  }

  lendSync(bytes: number, wait: Wait, onFull: () => never): Loan {
    const attempt = () => this.#lend(bytes);
    if (wait.timeout === 0) return this.#now(attempt, onFull);
    return this.#lane.waitSync(wait, attempt, onFull);
  }

  /** The next message as a loan, or an outcome. One that lies in no pages is copied. */
  take(): Loan | number {
    const buffer = this.#calls.take(this.id);
    if (buffer === Outcome.smallBuffer) {
      messages.growReceived();
      return this.take();
    }
    if (typeof buffer === 'number') {
      return buffer < 0 ? buffer : this.copied(messages.copyReceived(0, messages.lengthAt(0)));
    }
    const metaBytes = messages.lengthAt(1);
    const encoded = messages.lengthAt(2);
    const number = messages.lengthAt(3);
    const lease = new Lease(this.#attachment, this.#owner, number, buffer.buffer as ArrayBuffer);
    try {
      const meta = metaBytes === 0 ? undefined : messages.decode(msgpackCodec, 0, metaBytes);
      return new Loan(buffer, meta, encoded === 1, lease);
    } catch (error) {
      lease.end();
      throw error;
    }
  }

  /** A loan of bytes that are this thread's own, an encoded item. */
  copied(bytes: Buffer): Loan {
    // Of its own: what is detached later must not be a part of Node's pool.
    const own = Buffer.allocUnsafeSlow(bytes.length);
    bytes.copy(own);
    const lease = new Lease(this.#attachment, this.#owner, 0, own.buffer as ArrayBuffer);
    return new Loan(own, undefined, true, lease);
  }

  /**
   * Encodes the metadata of a loan, once.
   * @throws ClosedError for a loan that is over, InterprocError `ERR_LOAN_FOREIGN` for one that is not this object's to send,
   * SerializationError and MessageTooLargeError for its metadata.
   */
  publication(loan: Loan): Publication {
    const lease = Loan.leaseOf(loan);
    const view = loan.buffer.buffer as ArrayBuffer;
    if (lease.attachment !== this.#attachment || lease.side !== this.#calls.side) {
      throw new InterprocError(
        'Only a loan that this object lent by alloc can be sent through it: alloc one, and copy the bytes',
        { code: 'ERR_LOAN_FOREIGN' },
      );
    }
    const { meta, objects } = encodeMeta(loan.meta);
    return {
      need: loan.size * 1024 + meta.length,
      attempt: (insist) => {
        if (lease.over)
          throw new ClosedError('The loan was sent or released before there was room');
        const outcome = handOver(
          objects,
          () => this.#calls.put(this.id, lease.number, view, meta, insist),
          (result) => result > 0,
        );
        if (outcome > 0) lease.finish();
        return outcome;
      },
    };
  }

  #lend(bytes: number): Loan | Blocked {
    const buffer = this.#calls.lend(this.id, bytes);
    if (typeof buffer === 'number') return this.#blockedBy(buffer, bytes);
    const number = messages.lengthAt(3);
    const lease = new Lease(
      this.#attachment,
      this.#owner,
      number,
      buffer.buffer as ArrayBuffer,
      this.#calls.side,
    );
    return new Loan<unknown>(buffer, undefined, false, lease);
  }

  #blockedBy(outcome: number, bytes: number): Blocked {
    if (outcome === Outcome.full) return this.#lane.blockedOn(this.#calls.lendable, bytes);
    if (outcome === Outcome.busy) return this.#lane.blockedOn(this.#calls.putLock);
    if (outcome === Outcome.brokenPipe) throw new BrokenPipeError();
    throw new ShutDown();
  }

  /** Another process inside its critical section is no reason to say "full". */
  #now(attempt: () => Loan | Blocked, onFull: () => never): Loan {
    const deadline = performance.now() + lockPatience;
    while (!this.#lane.busy) {
      const loan = attempt();
      if (loan !== blocked) return loan;
      if (!this.#lane.isBlockedOn(this.#calls.putLock) || performance.now() > deadline) break;
      binding.waitSync(this.id, this.#calls.putLock, 0, 1);
    }
    return onFull();
  }
}

function encodeMeta(value: unknown): {
  meta: Uint8Array;
  objects: readonly object[] | undefined;
} {
  if (value === undefined) return { meta: noMeta, objects: undefined };
  messages.encode(msgpackCodec, value);
  const objects = messages.takeObjects();
  const meta = messages.encodedCopy();
  if (meta.length <= metaMost) return { meta, objects };
  throw new MessageTooLargeError(
    `The loan's meta takes ${meta.length} bytes encoded, of ${metaMost} at the most: put the rest into its buffer`,
  );
}
