import { inspect } from 'node:util';
import { isSystemError, openOrCreate } from '../attachment.js';
import { builtin } from '../builtin.js';
import { ClosedError, outOfRange } from '../errors.js';
import { binding } from '../native.js';
import { checkOptions } from '../options.js';
import { type Handle, refuseMismatch } from '../shared-object.js';
import {
  checkMemoryName,
  type Creation,
  largestMemory,
  type OwnerOption,
  readCreation,
  readMemoryOptions,
  readOwner,
  type SharedMemoryOptions,
  uniqueMemoryName,
} from './memory-options.js';

export type { SharedMemoryOptions } from './memory-options.js';

/** Leaves what was dropped without `close()`. */
const dropped = new FinalizationRegistry<number>((id) => binding.memoryClose(id));

/** A buffer keeps its object: while a view is in use, the garbage collector does not detach it. */
const keepers = new WeakMap<ArrayBuffer, SharedMemory>();

/**
 * Bare shared memory: bytes without a header, a lock or a type. Python: `multiprocessing.shared_memory.SharedMemory`; it is the very
 * object that Python opens under the same name, and so is Python's here.
 *
 * Nothing here waits. What was created here goes when the last attached process of this library has closed it or died, unless it is
 * to `persist`; what Python or another program made is never removed but by `unlink()`. (Other programs that are attached are not
 * counted: they keep the memory, but not its name. Python before 3.13, and later ones without `track=False`, remove the name
 * themselves when they exit.)
 */
export class SharedMemory {
  readonly #name: string;
  readonly #size: number;
  readonly #buf: Buffer;
  readonly #id: number;
  #closed = false;

  /**
   * Attaches to what exists, or with `create: true` creates `size` zero bytes. An attached size is exactly the created one.
   * @throws InterprocError `ENOENT` where there is nothing to attach to, `EEXIST` where the name is taken, `ENOSPC` where
   * `/dev/shm` is full, `EACCES` where it belongs to another user than `owner`, or its mode lets nobody else in; TypeError and
   * RangeError for options.
   */
  constructor(options: SharedMemoryOptions) {
    const { name, id } =
      (options as unknown) instanceof Made ? (options as unknown as Made) : make(options);
    this.#name = name;
    this.#id = id;
    try {
      this.#size = binding.memorySize(id);
      if (this.#size > largestMemory) {
        throw outOfRange(`The size of '${name}'`, `at most ${largestMemory} bytes`, this.#size);
      }
      const memory = binding.memoryView(id);
      // Moved to another thread it would outlive close() there, beyond anybody's reach.
      builtin.workerThreads.markAsUntransferable(memory);
      keepers.set(memory, this);
      this.#buf = Buffer.from(memory);
    } catch (error) {
      binding.memoryClose(id);
      throw error;
    }
    dropped.register(this, id, this);
  }

  /** Creates memory with these bytes in it before anybody else can attach. @internal */
  static filled(plan: Creation, initial: Uint8Array): SharedMemory {
    return new SharedMemory(create(plan, initial) as unknown as SharedMemoryOptions);
  }

  /** Attaches by name: `new SharedMemory({ name, owner })`. */
  static open(name: string, options?: OwnerOption): SharedMemory {
    const { owner } = checkOptions(options, ['owner'], 'SharedMemory.open');
    return new SharedMemory({ name: checkMemoryName(name), owner: readOwner(owner) });
  }

  /**
   * Attaches, or creates where there is nothing.
   * @throws InterprocError `ERR_OPTIONS_MISMATCH` where what exists has another size
   */
  static openOrCreate(
    name: string,
    options: Omit<SharedMemoryOptions, 'name' | 'create'>,
  ): SharedMemory {
    checkMemoryName(name);
    const given = checkOptions(options, ['size', 'persist', 'mode'], 'SharedMemory.openOrCreate');
    const plan = readCreation({ ...given, name });
    return openOrCreate(
      () => {
        const memory = SharedMemory.open(name);
        try {
          refuseMismatch(name, { size: plan.size }, { size: memory.size });
          return memory;
        } catch (error) {
          memory.close();
          throw error;
        }
      },
      () => new SharedMemory({ ...plan, create: true }),
    );
  }

  /** Removes a name; who is attached goes on. @throws InterprocError `ENOENT` where there is none, `EACCES` as the constructor. */
  static unlink(name: string, options?: OwnerOption): void {
    const memory = SharedMemory.open(name, options);
    try {
      memory.unlink();
    } finally {
      memory.close();
    }
  }

  /** What the memory is called in every process; `/dev/shm/<name>`, or `shm_open('/<name>')`. */
  get name(): string {
    return this.#name;
  }

  /** Bytes, as the creator chose them. */
  get size(): number {
    return this.#size;
  }

  /** The memory. After `close()` it, and every view of it, has length 0. */
  get buf(): Buffer {
    return this.#buf;
  }

  /** Whether this handle was closed. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Plain data for `attach()`: survives JSON, `process.send`, `workerData` and other languages. */
  get handle(): Handle {
    return { interproc: 1, kind: 'memory', name: this.#name };
  }

  toJSON(): Handle {
    return this.handle;
  }

  /** Detaches this handle and empties `buf`. Idempotent, never fails because of views that live on. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    dropped.unregister(this);
    binding.memoryEmpty(this.#id, this.#buf.buffer as ArrayBuffer);
    binding.memoryClose(this.#id);
  }

  /**
   * Removes the name: nobody can attach any more; whoever is attached goes on using the memory.
   * @throws InterprocError `ENOENT` where the name is gone already, ClosedError on a closed handle.
   */
  unlink(): void {
    if (this.#closed) throw new ClosedError();
    binding.memoryUnlink(this.#id);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  [inspect.custom](): string {
    const state = this.#closed ? ', closed' : '';
    return `SharedMemory { name: '${this.#name}', size: ${this.#size}${state} }`;
  }
}

/** What the constructor is given in place of options when the native object exists already. */
class Made {
  readonly name: string;
  readonly id: number;

  constructor(name: string, id: number) {
    this.name = name;
    this.id = id;
  }
}

function make(options: unknown): Made {
  const plan = readMemoryOptions(options);
  if ('size' in plan) return create(plan, new Uint8Array());
  return new Made(plan.name, binding.memoryOpen(plan.name, plan.owner));
}

function create({ name, size, persist, mode }: Creation, initial: Uint8Array): Made {
  for (;;) {
    const chosen = name ?? uniqueMemoryName();
    try {
      return new Made(chosen, binding.memoryCreate(chosen, mode, persist, size, initial));
    } catch (error) {
      if (name === undefined && isSystemError(error, 'EEXIST')) continue;
      throw error;
    }
  }
}
