import { AbortError, abortError, BrokenBarrierError } from '../../errors.js';
import {
  checkOptions,
  readInteger,
  readTimeout,
  readWait,
  type WaitOptions,
} from '../../options.js';
import { callerOrServer } from '../caller.js';
import { blocked, Waiters } from './waiters.js';

const mostParties = 65_535;

/** One filling of the barrier. */
interface Round {
  arrived: number;
  /** Indices that were given out. */
  passed: number;
  over: 'passed' | 'broken' | undefined;
}

/**
 * A place in a server where a fixed number of waits meet, round after round. A wait that times out, `abort()`, and a client that is
 * gone while it waits break it until `reset()`; an aborted wait is taken back. It runs no action. Python: `SyncManager.Barrier`.
 */
export class ManagedBarrier {
  readonly #parties: number;
  readonly #timeout: number;
  readonly #waits = new Waiters();
  #round: Round = { arrived: 0, passed: 0, over: undefined };
  #broken = false;

  /** @throws TypeError and RangeError */
  constructor(parties: unknown, options?: unknown) {
    this.#parties = readInteger(parties, 'parties', 1, mostParties);
    this.#timeout = readTimeout(checkOptions(options, ['timeout'], 'Barrier')['timeout']);
  }

  /** Gives this wait's index in the round, each from 0 to parties - 1 once. Rejects with BrokenBarrierError, AbortError. */
  wait(options?: WaitOptions): number | Promise<number> {
    const given = readWait(options, 'wait');
    const own = options?.timeout !== undefined || options?.block === false;
    const wait = own ? given : { ...given, timeout: this.#timeout };
    const caller = callerOrServer();
    if (this.#broken) throw new BrokenBarrierError();
    if (wait.signal?.aborted) throw abortError(wait.signal);
    const round = this.#round;
    if (++round.arrived === this.#parties) this.#end('passed');
    return this.#waits.wait<number>(
      caller,
      wait,
      () => {
        if (round.over === undefined) return blocked;
        if (round.over === 'passed') return round.passed++;
        throw new BrokenBarrierError();
      },
      (reason) => {
        if (round.over === 'passed') return round.passed++;
        if (round.over === 'broken') throw new BrokenBarrierError();
        if (reason instanceof AbortError && !caller.ended) {
          round.arrived--;
          throw reason;
        }
        this.abort();
        throw new BrokenBarrierError();
      },
    );
  }

  /** Breaks it: everybody who waits, or comes later, gets BrokenBarrierError. */
  abort(): void {
    this.#broken = true;
    this.#end('broken');
  }

  /** Makes it whole and empty; who waits gets BrokenBarrierError. */
  reset(): void {
    this.#broken = false;
    this.#end('broken');
  }

  parties(): number {
    return this.#parties;
  }

  /** How many wait now. */
  nWaiting(): number {
    return this.#round.arrived;
  }

  broken(): boolean {
    return this.#broken;
  }

  [Symbol.dispose](): void {
    this.#waits.close();
  }

  #end(how: 'passed' | 'broken'): void {
    this.#round.over = how;
    this.#round = { arrived: 0, passed: 0, over: undefined };
    this.#waits.changed();
  }
}
