import { Attachment, type CreateOptions, Kind, Opened } from '../attachment.js';
import { binding } from '../native.js';
import {
  checkName,
  checkOptions,
  readSyncWait,
  readWait,
  type SyncWaitOptions,
  type WaitOptions,
} from '../options.js';
import { readCreation } from '../queue/options.js';
import { conditionOf } from '../select/condition-watch.js';
import { type HasSelectable, type Selectable, selectable } from '../select/selectable.js';
import { SharedObject } from '../shared-object.js';
import type { Blocked, Lane } from '../waiting/lane.js';
import { openOrCreateSort, openSort, type Sort } from './opening.js';

export type EventOptions = CreateOptions;

const optionNames = ['name', 'persist', 'mode'];
const whenPassed = 0;
const whenSet = 1;
const sort: Sort = { kind: Kind.event, what: 'an Event', attach: binding.openEvent };

/**
 * A flag that many can wait for. Python: `multiprocessing.Event`.
 *
 * `wait` waits until somebody sets it; a set wakes everybody who waits, in every process, even where it is cleared again at once.
 * `set`, `clear` and `isSet` never wait for anybody and take no lock: they may be called from anywhere, and whoever dies in
 * them, or in `wait`, holds nobody up.
 */
export class Event extends SharedObject implements HasSelectable {
  readonly #lane: Lane;

  /**
   * Creates an event that is not set.
   * @throws InterprocError `EEXIST` where the name is taken, `ENOSPC` where `/dev/shm` is full; TypeError and RangeError for options.
   */
  constructor(options?: EventOptions) {
    const given: unknown = options;
    const { attachment } = given instanceof Opened ? given : create(given, 'Event');
    super(attachment, 'event');
    this.#lane = attachment.lane('event');
  }

  /** Attaches to an event by its name. @throws InterprocError `ENOENT` where there is none, LayoutMismatchError where it is something else. */
  static open(name: string): Event {
    return opened(openSort(name, sort));
  }

  /** Attaches to an event, or creates it where there is none. @throws InterprocError `ERR_OPTIONS_MISMATCH` where the existing one contradicts an option. */
  static openOrCreate(name: string, options?: EventOptions): Event {
    const given = checkOptions(options, optionNames, 'Event.openOrCreate');
    return opened(
      openOrCreateSort(
        name,
        given,
        sort,
        () => ({}),
        () => create({ ...given, name }, 'Event.openOrCreate'),
      ),
    );
  }

  /** Removes an event's name; who is attached goes on. @throws InterprocError `ENOENT` where there is none. */
  static unlink(name: string): void {
    binding.unlinkName(checkName(name));
  }

  /** Whether the event is set. Python: `is_set()`. @throws ClosedError */
  isSet(): boolean {
    return binding.eventIsSet(this.id);
  }

  /** Sets the event and wakes everybody who waits for it. Setting it again changes nothing. @throws ClosedError */
  set(): void {
    binding.eventSet(this.id);
    // Waits of this very thread are not left to the next turn.
    if (this.#lane.busy) this.#lane.settle();
  }

  /** Waits that begin from now on wait for the next `set()`. @throws ClosedError */
  clear(): void {
    binding.eventClear(this.id);
  }

  /**
   * Resolves to `true` once the event is set, or was set since the call; to `false` when `timeout` milliseconds have passed. Rejects
   * with AbortError, ClosedError.
   */
  wait(options?: WaitOptions): Promise<boolean> {
    try {
      const wait = readWait(options, 'wait');
      const attempt = this.#attempt();
      if (!wait.signal?.aborted && attempt() === true) return Promise.resolve(true);
      return this.#lane.wait<boolean>(this, wait, attempt, () => false);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The same, blocking the thread. @throws ClosedError */
  waitSync(options?: SyncWaitOptions): boolean {
    const wait = readSyncWait(options, 'waitSync');
    const attempt = this.#attempt();
    if (attempt() === true) return true;
    return this.#lane.waitSync<boolean>(wait, attempt, () => false);
  }

  /** For `wait(objects)`: ready while it is set. @internal */
  [selectable](): Selectable {
    return conditionOf(this.attachment, whenSet, () => this.id);
  }

  #attempt(): () => true | Blocked {
    const since = binding.eventBegin(this.id);
    return () =>
      binding.eventPassed(this.id, since) ? true : this.#lane.blockedOn(whenPassed, since);
  }
}

function opened(existing: Opened): Event {
  return new Event(existing as unknown as EventOptions);
}

function create(options: unknown, where: string): Opened {
  const { name, persist, mode } = readCreation(checkOptions(options, optionNames, where));
  return new Opened(
    Attachment.create(name, (chosen) => binding.createEvent(chosen, mode, persist, 0, '{}')),
  );
}
