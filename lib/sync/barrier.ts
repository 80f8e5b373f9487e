import { availableParallelism } from 'node:os';
import { Attachment, type CreateOptions, Kind, Opened } from '../attachment.js';
import {
  AbortError,
  abortError,
  BrokenBarrierError,
  DeadlockError,
  invalidArgType,
} from '../errors.js';
import { binding } from '../native.js';
import {
  checkName,
  checkOptions,
  readInteger,
  readSyncWait,
  readTimeout,
  readWait,
  type SyncWaitOptions,
  type Wait,
  type WaitOptions,
} from '../options.js';
import { readCreation } from '../queue/options.js';
import { SharedObject } from '../shared-object.js';
import type { Blocked, Lane } from '../waiting/lane.js';
import { openOrCreateSort, openSort, type Sort } from './opening.js';
import { type Action, actorAmong, partiesOf, type Party } from './parties.js';

export interface BarrierOptions extends CreateOptions {
  /** Runs once in each round, in a party whose handle has it, when all are there and before anybody goes on. */
  readonly action?: (() => unknown) | undefined;
  /** How long `wait` waits where it is not told otherwise, in milliseconds, for every party. Default: for ever. */
  readonly timeout?: number | undefined;
}

const optionNames = ['name', 'persist', 'mode', 'action', 'timeout'];
const mostParties = 65_535;
const whenOver = 0;
const whenOpen = 1;
const sort: Sort = { kind: Kind.barrier, what: 'a Barrier', attach: binding.openBarrier };

/** What barrierLook answers (native/core/sync/barrier.h). */
const Outcome = { waiting: 0, passed: 1, broken: 2, act: 3 } as const;

/**
 * A place where a fixed number of parties wait for each other, round after round. Python: `multiprocessing.Barrier`.
 *
 * The last one that arrives lets all of them go. A party is a call of `wait`: a thread may be several at once in the promise form.
 * A wait that times out, an action that throws, `abort()`, and a party that dies or closes its handle while it waits break the barrier:
 * everybody who waits, and who comes later, gets BrokenBarrierError until somebody calls `reset()`. A death is seen within 100 ms, and
 * before anybody is let go: no dead party is ever counted. An aborted wait is taken back, and breaks the barrier only where the action
 * has begun.
 */
export class Barrier extends SharedObject {
  readonly #lane: Lane;
  readonly #entrance: Lane;
  readonly #parties: Set<Party>;
  readonly #action: Action | undefined;
  readonly #timeout: number;

  /**
   * Creates a barrier for `parties` waits, 1 to 65,535.
   * @throws InterprocError `EEXIST` where the name is taken, `ENOSPC` where `/dev/shm` is full; TypeError and RangeError for parties and options.
   */
  constructor(parties: number, options?: BarrierOptions) {
    const given: unknown = parties;
    const made = given instanceof OpenedBarrier ? given : create(given, options, 'Barrier');
    const { attachment } = made;
    super(attachment, 'barrier');
    // Who has arrived would poll on a processor that a party needs which has not.
    const polls = attachment.parties <= availableParallelism();
    this.#lane = attachment.lane('over', { polls });
    this.#entrance = attachment.lane('entrance', { polls });
    this.#parties = partiesOf(attachment);
    this.#action = made.action;
    const { timeout } = attachment.meta;
    this.#timeout = typeof timeout === 'number' ? timeout : Infinity;
  }

  /** Attaches to a barrier by its name; `action` is for this handle. @throws InterprocError `ENOENT` where there is none, LayoutMismatchError where it is something else. */
  static open(name: string, options?: Pick<BarrierOptions, 'action'>): Barrier {
    const { action } = checkOptions(options, ['action'], 'Barrier.open');
    const checked = readAction(action);
    return opened(new OpenedBarrier(openSort(name, sort).attachment, checked));
  }

  /** Attaches to a barrier, or creates it. @throws InterprocError `ERR_OPTIONS_MISMATCH` where the existing one contradicts `parties` or an option. */
  static openOrCreate(name: string, parties: number, options?: BarrierOptions): Barrier {
    const { action, ...given } = checkOptions(options, optionNames, 'Barrier.openOrCreate');
    const checked = readAction(action);
    readParties(parties);
    if (given['timeout'] !== undefined) given['timeout'] = readTimeout(given['timeout']);
    const { attachment } = openOrCreateSort(
      name,
      { ...given, parties },
      sort,
      ({ parties: existing, meta }) => ({
        parties: existing,
        timeout: meta['timeout'] ?? Infinity,
      }),
      () => new Opened(create(parties, { ...given, name }, 'Barrier.openOrCreate').attachment),
    );
    return opened(new OpenedBarrier(attachment, checked));
  }

  /** Removes a barrier's name; who is attached goes on. @throws InterprocError `ENOENT` where there is none. */
  static unlink(name: string): void {
    binding.unlinkName(checkName(name));
  }

  /** How many waits it takes to go on. */
  get parties(): number {
    return binding.barrierParties(this.id);
  }

  /** How many wait now. Python: `n_waiting`. */
  get nWaiting(): number {
    return binding.barrierWaiting(this.id);
  }

  /** Whether it is broken: nobody can wait until `reset()`. */
  get broken(): boolean {
    return binding.barrierBroken(this.id);
  }

  /** Breaks the barrier: everybody who waits gets BrokenBarrierError. Never waits. @throws ClosedError */
  abort(): void {
    binding.barrierAbort(this.id);
    this.#settle();
  }

  /** Makes the barrier whole and empty; who waits gets BrokenBarrierError. Never waits. @throws ClosedError */
  reset(): void {
    binding.barrierReset(this.id);
    this.#settle();
  }

  /**
   * Waits until all parties do. Resolves to this party's index, 0 to parties - 1, each one once in a round. Rejects with
   * BrokenBarrierError; with what the action threw, in the party whose action it was; AbortError; ClosedError.
   */
  async wait(options?: WaitOptions): Promise<number> {
    const wait = this.#limit(readWait(options, 'wait'), options);
    if (wait.signal?.aborted) throw abortError(wait.signal);
    const deadline = performance.now() + wait.timeout;
    const first = this.#arrive();
    const round =
      typeof first === 'number'
        ? first
        : await this.#entrance.wait(this, wait, this.#arrive, this.#breakEntrance);
    const party = this.#enter(round);
    try {
      const rest = { ...wait, timeout: Math.max(0, deadline - performance.now()) };
      let outcome = await this.#lane.wait(this, rest, this.#look(party), this.#runOut(party));
      if (outcome === Outcome.act) outcome = await this.#act(party);
      return this.#result(party, outcome);
    } catch (error) {
      return this.#departed(party, error);
    } finally {
      this.#parties.delete(party);
    }
  }

  /** The same, blocking the thread; the action must not be asynchronous then. @throws the same; DeadlockError where an action of this very thread is running */
  waitSync(options?: SyncWaitOptions): number {
    const wait = this.#limit(readSyncWait(options, 'waitSync'), options);
    const deadline = performance.now() + wait.timeout;
    const first = this.#arrive();
    const round =
      typeof first === 'number'
        ? first
        : this.#entrance.waitSync(wait, this.#arrive, this.#breakEntrance, this.#mayEnter);
    const party = this.#enter(round);
    try {
      const rest = { timeout: Math.max(0, deadline - performance.now()) };
      let outcome = this.#lane.waitSync(rest, this.#look(party), this.#runOut(party));
      if (outcome === Outcome.act) outcome = this.#actSync(party);
      return this.#result(party, outcome);
    } finally {
      this.#parties.delete(party);
    }
  }

  #limit(wait: Wait, options: WaitOptions | undefined): Wait {
    const own = options?.timeout !== undefined || options?.block === false;
    return own ? wait : { ...wait, timeout: this.#timeout };
  }

  /** The round that this wait belongs to; -1 where the barrier is broken. */
  readonly #arrive = (): number | Blocked => {
    // What is over is over before this thread is in the next round.
    if (this.#lane.busy) this.#lane.settle();
    const round = binding.barrierArrive(this.id, this.#action !== undefined);
    return round < -1 ? this.#entrance.blockedOn(whenOpen, -2 - round) : round;
  };

  /** The round before has been waiting for its action for too long. */
  readonly #breakEntrance = (): number => {
    const round = this.#arrive();
    if (typeof round === 'number') return round;
    this.abort();
    return -1;
  };

  readonly #mayEnter = (): void => {
    for (const { acting } of this.#parties) {
      if (acting === true)
        throw new DeadlockError('The action of the round before runs in this very thread');
    }
  };

  #enter(round: number): Party {
    if (round < 0) throw new BrokenBarrierError();
    const party: Party = { round, action: this.#action };
    this.#parties.add(party);
    return party;
  }

  #look({ round }: Party): () => number | Blocked {
    return () => {
      const outcome = binding.barrierLook(this.id, round);
      return outcome === Outcome.waiting ? this.#lane.blockedOn(whenOver, round) : outcome;
    };
  }

  #runOut({ round }: Party): () => number {
    return () => {
      binding.barrierBreak(this.id, round);
      return binding.barrierLook(this.id, round);
    };
  }

  async #act(told: Party): Promise<number> {
    told.acting = true;
    const actor = actorAmong(this.#parties, told);
    try {
      await actor?.action?.();
    } catch (error) {
      return this.#acted(told, actor, { error });
    }
    return this.#acted(told, actor);
  }

  #actSync(told: Party): number {
    told.acting = true;
    const actor = actorAmong(this.#parties, told);
    try {
      const result = actor?.action?.();
      if (typeof (result as PromiseLike<unknown> | undefined)?.then === 'function') {
        Promise.resolve(result).catch(() => undefined);
        throw invalidArgType('action', 'no asynchronous function in waitSync()', result);
      }
    } catch (error) {
      return this.#acted(told, actor, { error });
    }
    return this.#acted(told, actor);
  }

  #acted({ round }: Party, actor: Party | undefined, failure?: Party['failure']): number {
    if (failure === undefined) binding.barrierActed(this.id, round);
    else {
      if (actor !== undefined) actor.failure = failure;
      binding.barrierBreak(this.id, round);
    }
    const outcome = binding.barrierLook(this.id, round);
    this.#settle();
    return outcome;
  }

  #result(party: Party, outcome: number): number {
    if (outcome === Outcome.passed) return binding.barrierIndex(this.id, party.round);
    if (party.failure !== undefined) throw party.failure.error;
    throw new BrokenBarrierError();
  }

  /** A wait that was aborted is taken back, unless all were there before; one whose handle was closed breaks the round. */
  #departed(party: Party, error: unknown): number {
    const { id } = this.attachment;
    if (
      error instanceof AbortError &&
      !binding.barrierWithdraw(id, party.round, party.action !== undefined)
    ) {
      if (binding.barrierLook(id, party.round) === Outcome.passed)
        return binding.barrierIndex(id, party.round);
    } else if (this.closed) {
      try {
        binding.barrierBreak(id, party.round);
      } catch {
        // The thread's last handle: closing it has broken the round.
      }
    }
    throw error;
  }

  #settle(): void {
    if (this.#lane.busy) this.#lane.settle();
    if (this.#entrance.busy) this.#entrance.settle();
  }
}

class OpenedBarrier {
  readonly attachment: Attachment;
  readonly action: Action | undefined;

  constructor(attachment: Attachment, action: Action | undefined) {
    this.attachment = attachment;
    this.action = action;
  }
}

function opened(existing: OpenedBarrier): Barrier {
  return new Barrier(existing as unknown as number);
}

function readAction(action: unknown): Action | undefined {
  if (action === undefined || typeof action === 'function') return action as Action | undefined;
  throw invalidArgType('action', 'a function', action);
}

function readParties(parties: unknown): number {
  return readInteger(parties, 'parties', 1, mostParties);
}

function create(parties: unknown, options: unknown, where: string): OpenedBarrier {
  const count = readParties(parties);
  const given = checkOptions(options, optionNames, where);
  const { name, persist, mode } = readCreation(given);
  const action = readAction(given['action']);
  const timeout = readTimeout(given['timeout']);
  const meta = JSON.stringify({ timeout: timeout === Infinity ? null : timeout });
  const attachment = Attachment.create(name, (chosen) =>
    binding.createBarrier(chosen, mode, persist, 0, meta, count),
  );
  return new OpenedBarrier(attachment, action);
}
