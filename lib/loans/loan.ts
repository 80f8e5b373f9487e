import type { Attachment } from '../attachment.js';
import { ClosedError } from '../errors.js';
import { binding } from '../native.js';

/**
 * A loan as the library keeps it: the native number of the memory, and the view on it. The thread's attachment has all that are
 * outstanding, so that closing a handle ends them; that also keeps the handle for as long as a view of its memory is in use.
 */
export class Lease {
  readonly attachment: Attachment;
  readonly owner: object;
  /** 0 where the memory is this thread's own: a small message that was copied. */
  readonly number: number;
  /** Where it can be sent; `undefined` for a message that was received. */
  readonly side: string | undefined;
  readonly #view: WeakRef<ArrayBuffer>;
  #over = false;

  constructor(
    attachment: Attachment,
    owner: object,
    number: number,
    view: ArrayBuffer,
    side?: string,
  ) {
    this.attachment = attachment;
    this.owner = owner;
    this.number = number;
    this.side = side;
    this.#view = new WeakRef(view);
    attachment.leases.add(this);
    forgotten.register(view, this, this);
  }

  get over(): boolean {
    return this.#over;
  }

  /** Gives the memory back and empties the view. Idempotent. */
  end(): void {
    if (this.#over) return;
    this.finish();
    binding.loanRelease(this.attachment.id, this.number, this.#view.deref());
  }

  /** The native side has ended it. */
  finish(): void {
    this.#over = true;
    this.attachment.leases.delete(this);
    forgotten.unregister(this);
  }
}

/** Views that were collected while their loan was outstanding. */
const forgotten = new FinalizationRegistry<Lease>((lease) => {
  lease.end();
  if (lease.number !== 0) warnOnce(lease.attachment.name);
});

let warned = false;

function warnOnce(name: string): void {
  if (warned) return;
  warned = true;
  process.emitWarning(
    `A loan of '${name}' was neither sent nor released: its memory came back only with the garbage collection. ` +
      'Call release(), or declare it with using. This is said once',
    { type: 'InterprocWarning', code: 'INTERPROC_LOAN_LEAK' },
  );
}

/**
 * Memory for one message, shared and not copied: lent by `alloc` to be filled and sent, or by `getLoan` and `recvLoan` to be read in
 * place. Any number may be held, and given back in any order. A killed holder's memory comes back by itself; a forgotten loan's with the
 * garbage collection, and a warning `INTERPROC_LOAN_LEAK`.
 */
export class Loan<Meta = unknown> {
  /** Bytes of the message. */
  readonly size: number;
  /** Whether the bytes are an item that the sender's codec encoded: it was put as an item and not as a loan. */
  readonly encoded: boolean;
  /** What goes with the bytes (a width, a name): any value that the msgpack codec takes, of 1000 bytes at the most. */
  meta: Meta;
  readonly #buffer: Buffer;
  readonly #lease: Lease;

  /** Made by `alloc`, `getLoan` and `recvLoan`. @internal */
  constructor(buffer: Buffer, meta: Meta, encoded: boolean, lease: Lease) {
    this.#buffer = buffer;
    this.#lease = lease;
    this.size = buffer.length;
    this.meta = meta;
    this.encoded = encoded;
  }

  /**
   * The memory itself. Lent by `alloc`, it holds whatever was there before. Once the loan was sent or released, or its object closed, every
   * view of it has length 0.
   * @throws ClosedError then.
   */
  get buffer(): Buffer {
    if (this.#lease.over)
      throw new ClosedError('The loan was sent or released, or its object closed');
    return this.#buffer;
  }

  /** Whether the loan is over: sent, released, or its object closed. */
  get released(): boolean {
    return this.#lease.over;
  }

  /** Gives the memory back: unsent, or read. Idempotent, never blocks. `using loan = …` does it at the end of the scope. */
  release(): void {
    this.#lease.end();
  }

  [Symbol.dispose](): void {
    this.release();
  }

  /** @internal */
  static leaseOf(loan: Loan): Lease {
    return loan.#lease;
  }
}
