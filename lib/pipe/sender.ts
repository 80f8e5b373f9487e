import type { Codec } from '../codec/codec.js';
import { BrokenPipeError, InterprocError, TimeoutError } from '../errors.js';
import type { Lending } from '../loans/lending.js';
import { Loan } from '../loans/loan.js';
import * as messages from '../messages.js';
import { binding, Outcome } from '../native.js';
import type { Wait } from '../options.js';
import { type Blocked, blocked, type Lane } from '../waiting/lane.js';
import { handOver } from './transfer.js';

/** The conditions under which an end can be written to, and a loan be sent (native/core/messages/pipe.h). */
const writableOf = (end: number): number => 2 * end + 1;
const publishableOf = (end: number): number => 8 + 2 * end + 1;

const done: Promise<void> = Promise.resolve();

/** What the two sides of an end's handle are made of. */
export interface Side<T> {
  /** The handle, whose closing ends the waits. */
  readonly owner: { readonly name: string };
  readonly id: number;
  readonly end: number;
  /** False for what the end of a one-way pipe cannot do. */
  readonly able: boolean;
  readonly lane: Lane;
  readonly codec: Codec<T>;
  readonly lending: Lending;
}

/** The sending side of an end's handle. A message is encoded once, whether it has to wait or not. */
export class Sender<T> {
  /** The pipe; another number once the handle is closed. */
  id: number;
  readonly able: boolean;
  readonly #owner: object;
  readonly #end: number;
  readonly #lane: Lane;
  readonly #codec: Codec<T>;
  readonly #lending: Lending;

  constructor({ owner, id, end, able, lane, codec, lending }: Side<T>) {
    this.#owner = owner;
    this.id = id;
    this.#end = end;
    this.able = able;
    this.#lane = lane;
    this.#codec = codec;
    this.#lending = lending;
  }

  send(message: T | Loan, wait: Wait): Promise<void> {
    this.requireAble();
    if (isLoan(message)) {
      const attempt = this.#publishing(message);
      if (this.#mayTry(wait) && attempt() !== blocked) return done;
      return this.#lane.wait(this.#owner, wait, attempt, throwTimeout);
    }
    messages.encode(this.#codec, message);
    const objects = messages.takeObjects();
    if (this.#mayTry(wait) && this.#sendScratch(objects) !== blocked) return done;
    const bytes = messages.encodedCopy();
    return this.#lane.wait(this.#owner, wait, () => this.#send(bytes, objects), throwTimeout);
  }

  sendSync(message: T | Loan, wait: Wait): void {
    this.requireAble();
    if (isLoan(message)) {
      this.#lane.waitSync(wait, this.#publishing(message), throwTimeout);
      return;
    }
    messages.encode(this.#codec, message);
    const objects = messages.takeObjects();
    if (!this.#lane.busy && this.#sendScratch(objects) !== blocked) return;
    const bytes = messages.encodedCopy();
    this.#lane.waitSync(wait, () => this.#send(bytes, objects), throwTimeout);
  }

  /** Bytes as they are. */
  sendBytes(bytes: Uint8Array, wait: Wait): Promise<void> {
    this.requireAble();
    if (this.#mayTry(wait) && this.#send(bytes) !== blocked) return done;
    // The caller may change the buffer while the message waits.
    const copy = Buffer.from(bytes);
    return this.#lane.wait(this.#owner, wait, () => this.#send(copy), throwTimeout);
  }

  sendBytesSync(bytes: Uint8Array, wait: Wait): void {
    this.requireAble();
    this.#lane.waitSync(wait, () => this.#send(bytes), throwTimeout);
  }

  /** @throws InterprocError `ERR_NOT_WRITABLE` */
  requireAble(): void {
    if (this.able) return;
    throw new InterprocError('This end cannot be written to: it only reads', {
      code: 'ERR_NOT_WRITABLE',
    });
  }

  #mayTry(wait: Wait): boolean {
    return !this.#lane.busy && !wait.signal?.aborted;
  }

  #publishing(loan: Loan): () => undefined | Blocked {
    const { attempt, need } = this.#lending.publication(loan);
    return () => {
      const outcome = attempt(false);
      return outcome > 0 ? undefined : this.#blockedBy(outcome, publishableOf(this.#end), need);
    };
  }

  #sendScratch(objects: readonly object[] | undefined): undefined | Blocked {
    const { start, end } = messages.scratch;
    const outcome =
      objects === undefined
        ? binding.pipeSend(this.id, this.#end, start, end)
        : handOver(objects, () => binding.pipeSend(this.id, this.#end, start, end), succeeded);
    return outcome > 0 ? undefined : this.#blockedBy(outcome, writableOf(this.#end), end - start);
  }

  #send(bytes: Uint8Array, objects?: readonly object[]): undefined | Blocked {
    const outcome = handOver(
      objects,
      () => binding.pipeSendBytes(this.id, this.#end, bytes, 0, bytes.length),
      succeeded,
    );
    return outcome > 0 ? undefined : this.#blockedBy(outcome, writableOf(this.#end), bytes.length);
  }

  #blockedBy(outcome: number, condition: number, need: number): Blocked {
    if (outcome === Outcome.brokenPipe) throw new BrokenPipeError();
    return this.#lane.blockedOn(condition, need);
  }
}

/** What is no object is no loan: `instanceof` alone would look at a number's prototypes, too. */
function isLoan(message: unknown): message is Loan {
  return typeof message === 'object' && message instanceof Loan;
}

function succeeded(outcome: number): boolean {
  return outcome > 0;
}

export function throwTimeout(): never {
  throw new TimeoutError();
}
