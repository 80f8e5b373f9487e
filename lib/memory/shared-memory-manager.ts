import { InterprocError } from '../errors.js';
import { isSystemError } from '../attachment.js';
import { ShareableList, type ShareableValue } from './shareable-list.js';
import { SharedMemory } from './shared-memory.js';

/**
 * Makes shared memory and removes all of it together. Python: `multiprocessing.managers.SharedMemoryManager`.
 *
 * What it makes stays until `shutdown()`, even when whoever asked for it has closed it. No process serves it: where this one ends
 * without a shutdown, by whatever cause, its memory goes as any other does. Nothing here waits.
 */
export class SharedMemoryManager {
  readonly #made: SharedMemory[] = [];
  #state: 'new' | 'started' | 'ended' = 'new';

  /** @throws InterprocError `ERR_MANAGER_STARTED` where it was started before */
  start(): this {
    if (this.#state !== 'new') {
      throw new InterprocError('The manager was started already', { code: 'ERR_MANAGER_STARTED' });
    }
    this.#state = 'started';
    return this;
  }

  /** New memory of `size` bytes, with a made-up name. @throws as `new SharedMemory`; `ERR_MANAGER_NOT_STARTED` */
  SharedMemory(size: number): SharedMemory {
    this.#check();
    return this.#keep(new SharedMemory({ create: true, size }), (memory) => memory);
  }

  /** A new list of these values. @throws as `new ShareableList`; `ERR_MANAGER_NOT_STARTED` */
  ShareableList(values: Iterable<ShareableValue>): ShareableList {
    this.#check();
    return this.#keep(new ShareableList(values), ({ shm }) => shm);
  }

  /** Removes the names of all that it made; whoever is attached goes on. Idempotent. Python: `shutdown()`. */
  shutdown(): void {
    this.#state = 'ended';
    for (const memory of this.#made.splice(0)) {
      try {
        memory.unlink();
      } catch (error) {
        // Somebody was faster.
        if (!isSystemError(error, 'ENOENT')) throw error;
      } finally {
        memory.close();
      }
    }
  }

  [Symbol.dispose](): void {
    this.shutdown();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.shutdown();
    return Promise.resolve();
  }

  /** A handle of its own keeps the memory. */
  #keep<T extends { close(): void }>(object: T, memoryOf: (object: T) => SharedMemory): T {
    try {
      this.#made.push(SharedMemory.open(memoryOf(object).name));
      return object;
    } catch (error) {
      object.close();
      throw error;
    }
  }

  #check(): void {
    if (this.#state === 'started') return;
    throw new InterprocError(
      this.#state === 'new' ? 'Call start() first' : 'The manager was shut down',
      { code: 'ERR_MANAGER_NOT_STARTED' },
    );
  }
}
