import { Attachment, type CreateOptions, type Described, Kind, Opened } from '../attachment.js';
import { Guard } from './guard.js';
import { checkBody } from './lock-side.js';
import { binding } from '../native.js';
import {
  checkOptions,
  readInteger,
  readSyncWait,
  readWait,
  type SyncWaitOptions,
  type WaitOptions,
} from '../options.js';
import { readCreation } from '../queue/options.js';
import { type Blocked, blocked, type Lane } from '../waiting/lane.js';
import type { Sort } from './opening.js';

export const semaphoreOptionNames = ['name', 'persist', 'mode'];

/** SEM_VALUE_MAX of Linux. */
const mostPermits = 2 ** 31 - 1;
const whenPermitted = 0;

/** What `Semaphore` and `BoundedSemaphore` do with the semaphore. */
export class SemaphoreSide {
  /** The object; another number once the handle is closed. */
  id: number;
  readonly #owner: object;
  readonly #lane: Lane;
  readonly #bounded: boolean;

  constructor(owner: object, attachment: Attachment, bounded: boolean) {
    this.#owner = owner;
    this.id = attachment.id;
    this.#lane = attachment.lane('permit');
    this.#bounded = bounded;
  }

  acquire(options: WaitOptions | undefined): Promise<Guard | null> {
    try {
      const wait = readWait(options, 'acquire');
      if (!this.#lane.busy && !wait.signal?.aborted) {
        const guard = this.#try();
        if (guard !== blocked) return Promise.resolve(guard);
      }
      return this.#lane.wait<Guard | null>(this.#owner, wait, this.#try, () => null);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  acquireSync(options: SyncWaitOptions | undefined): Guard | null {
    const wait = readSyncWait(options, 'acquireSync');
    if (!this.#lane.busy) {
      const guard = this.#try();
      if (guard !== blocked) return guard;
    }
    return this.#lane.waitSync<Guard | null>(wait, this.#try, () => null);
  }

  release(n: number | undefined): void {
    const count = n === undefined ? 1 : readInteger(n, 'n', 1, mostPermits);
    binding.semaphoreRelease(this.id, count, this.#bounded);
    // Waits of this very thread are not left to the next turn.
    if (this.#lane.busy) this.#lane.settle();
  }

  getValue(): number {
    return binding.semaphoreValue(this.id);
  }

  async run<R>(body: () => R | PromiseLike<R>): Promise<R> {
    checkBody(body);
    const guard = await this.acquire(undefined);
    try {
      return await body();
    } finally {
      guard?.release();
    }
  }

  runSync<R>(body: () => R): R {
    checkBody(body);
    const guard = this.acquireSync(undefined);
    try {
      return body();
    } finally {
      guard?.release();
    }
  }

  readonly #try = (): Guard | Blocked =>
    binding.semaphoreAcquire(this.id)
      ? new Guard(false, this.#post)
      : this.#lane.blockedOn(whenPermitted);

  readonly #post = () => this.release(undefined);
}

/** The two classes of semaphores. What another program made is a plain one: nobody knows its first value. */
export function semaphoreSort(bounded: boolean): Sort {
  return {
    kind: Kind.semaphore,
    what: bounded ? 'a BoundedSemaphore' : 'a Semaphore',
    attach: binding.openSemaphore,
    fits: ({ meta }) => (meta['bounded'] === true) === bounded,
  };
}

/** What `openOrCreate` compares `value` with; nothing where it is not known. */
export function firstValue({ initial }: Described, given: unknown): unknown {
  return initial < 0 ? given : initial;
}

export function readPermits(value: unknown): number {
  return value === undefined ? 1 : readInteger(value, 'value', 0, mostPermits);
}

export function createSemaphore(
  value: unknown,
  options: unknown,
  bounded: boolean,
  where: string,
): Opened {
  const permits = readPermits(value);
  const given: CreateOptions = checkOptions(options, semaphoreOptionNames, where);
  const { name, persist, mode } = readCreation({ ...given });
  const meta = JSON.stringify({ bounded });
  return new Opened(
    Attachment.create(name, (chosen) =>
      binding.createSemaphore(chosen, mode, persist, 0, meta, permits),
    ),
  );
}
