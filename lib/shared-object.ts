import { inspect } from 'node:util';
import type { Attachment } from './attachment.js';
import { InterprocError } from './errors.js';
import { binding } from './native.js';

/** Plain data that leads to a shared object from any process, any thread and any language. */
export interface Handle {
  readonly interproc: 1;
  readonly kind: string;
  readonly name: string;
  /** Which end of a pipe. */
  readonly end?: number;
}

/** Detaches what was dropped without `close()`. */
const dropped = new FinalizationRegistry<Attachment>((attachment) => attachment.release());

/** The identifier that no object has: the addon answers it with `ERR_CLOSED`. */
export const closedId = 0xffffffff;

/**
 * What every shared object is: a name, a handle that travels, and a lifetime. `close()` detaches this handle; the memory goes when
 * the last attached process has closed or died, unless it is to persist.
 */
export abstract class SharedObject {
  readonly #attachment: Attachment;
  readonly #kind: string;
  #id: number;

  protected constructor(attachment: Attachment, kind: string) {
    this.#attachment = attachment.retain();
    this.#kind = kind;
    this.#id = attachment.id;
    dropped.register(this, attachment, this);
  }

  /** What the object is called in every process. */
  get name(): string {
    return this.#attachment.name;
  }

  /** Whether this handle was closed. */
  get closed(): boolean {
    return this.#id === closedId;
  }

  /** Plain data for `attach()`: survives JSON, `process.send`, `workerData` and other languages. */
  get handle(): Handle {
    return { interproc: 1, kind: this.#kind, name: this.name };
  }

  toJSON(): Handle {
    return this.handle;
  }

  /**
   * Detaches this handle. Its pending waits reject with `ERR_CLOSED`; typed arrays on its memory become empty, while those of other
   * handles on the same object stay. Idempotent, never blocks. Python: `close()`.
   */
  close(): void {
    if (this.closed) return;
    this.#id = closedId;
    dropped.unregister(this);
    this.#attachment.cancel(this);
    this.#attachment.release();
  }

  /**
   * Removes the name: nobody can open the object any more; whoever is attached goes on using it.
   * @throws InterprocError `ENOENT` where the name is gone already, `ERR_CLOSED` on a closed handle.
   */
  unlink(): void {
    binding.unlink(this.#id);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  [inspect.custom](): string {
    return `${this.constructor.name} { name: '${this.name}'${this.closed ? ', closed' : ''} }`;
  }

  /** What native calls take; after `close()` they answer it with `ERR_CLOSED`. */
  protected get id(): number {
    return this.#id;
  }

  protected get attachment(): Attachment {
    return this.#attachment;
  }
}

/** Compares what `openOrCreate` was given with what exists; options that were left out contradict nothing. */
export function refuseMismatch(
  name: string,
  given: Readonly<Record<string, unknown>>,
  existing: Readonly<Record<string, unknown>>,
): void {
  for (const [option, value] of Object.entries(given)) {
    if (value === undefined || Object.is(value, existing[option])) continue;
    throw new InterprocError(
      `'${name}' exists with ${option} ${inspect(existing[option])}, which contradicts ${inspect(value)}. ` +
        'Open it with the same options, or leave the option out',
      { code: 'ERR_OPTIONS_MISMATCH' },
    );
  }
}
