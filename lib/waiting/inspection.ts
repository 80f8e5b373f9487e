/** Deaths that nobody announces are noticed within this time, in milliseconds. */
const brisk = 50;

/** Between looks while the kernel announces deaths. What is left then are wakes that were lost although the waker lives. */
const unhurried = 250;

/** As many brisk looks after somebody has gone: the kernel says so before its locks do ... */
const looksAfterDeparture = 10;

/** ... and after a wait began. */
const looksAfterStart = 2;

/** ... and for so many the timer runs on when nobody waits any more: to start it anew takes a wait that comes now and then tens of microseconds. */
const looksAfterEnd = 10;

export interface Looking {
  /** Asks the kernel, serves who may be ready, and says whether anybody was. */
  look(): boolean;
  /** Whether the kernel will say from now on when somebody goes whom a pending wait depends on. */
  isTold(): boolean;
}

/**
 * When an event loop asks the kernel about those whose death wakes nobody: every 50 ms while anybody waits. Once nothing has happened for
 * some looks, and the kernel itself will tell (native/core/waiting/departures.h), five times more seldom: a timer of Node.js that
 * runs 20 times a second costs 0.3 % of a processor, whatever it does.
 */
export class Inspection {
  readonly #looking: Looking;
  #timer: NodeJS.Timeout | undefined;
  #interval = brisk;
  #running = false;
  /** Whether anybody waits, which keeps the process alive. */
  #waits = false;
  /** Brisk looks to come. */
  #remaining = looksAfterDeparture;
  /** How often the timer may still run while nobody waits. */
  #idle = looksAfterEnd;

  constructor(looking: Looking) {
    this.#looking = looking;
  }

  /** A wait began. */
  begin(): void {
    const held = this.#waits;
    this.#waits = true;
    this.#hasten(looksAfterStart);
    if (!this.#running) this.#schedule(brisk);
    else if (!held) this.#timer?.ref();
  }

  /** Nobody waits any more. */
  end(): void {
    this.#waits = false;
    this.#idle = looksAfterEnd;
    this.#timer?.unref();
  }

  /** Somebody has gone, or may have. */
  departed(): void {
    this.#hasten(looksAfterDeparture);
  }

  #hasten(looks: number): void {
    if (this.#remaining < looks) this.#remaining = looks;
    if (this.#running && this.#interval !== brisk) this.#schedule(brisk);
  }

  #schedule(interval: number): void {
    if (this.#timer !== undefined && interval === this.#interval) this.#timer.refresh();
    else {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(this.#inspect, interval);
      this.#interval = interval;
    }
    this.#running = true;
    // A timer that has run is held by nothing, and a new one is.
    if (this.#waits) this.#timer.ref();
    else this.#timer.unref();
  }

  readonly #inspect = () => {
    this.#running = false;
    if (!this.#waits) {
      if (this.#idle-- > 0) this.#schedule(brisk);
      return;
    }
    // First: who goes after this look rings.
    const told = this.#remaining === 0 && this.#looking.isTold();
    const found = this.#looking.look();
    if (!this.#waits) return;
    if (this.#remaining > 0) this.#remaining--;
    else if (!told) this.#remaining = looksAfterDeparture;
    else if (!found) {
      this.#schedule(unhurried);
      return;
    }
    this.#schedule(brisk);
  };
}
