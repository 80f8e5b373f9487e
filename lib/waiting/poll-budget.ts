/** Polling pays up to this long (milliseconds), about the time of a wake-up and the answer to it. */
const longest = 0.2;
/** Polls shorter than this are one look. */
const shortest = 0.005;

/** A scheduler that put the woken beside its waker moves it to an idle CPU at a tick, not sooner: a trial lasts for some of them. */
const trial = 5;

const usualPatience = 16;
const longestPatience = 1024;

/**
 * How long an event loop polls for one object before it sleeps, learnt from how its polls end.
 *
 * Polling pays while the other side runs on another CPU. Where the two share one, or the answer takes long, it only keeps the other side
 * from running: so a poll that found nothing halves the next one, down to a single look, and one that did doubles it. Short sleeps
 * alone do not say that polling would have done as well; after some of them it is tried once, and after a failed trial half as often.
 * (native/core/waiting/wait.h does the same for blocked threads.)
 */
export class PollBudget {
  #budget: number;
  #patience = usualPatience;
  #shortSleeps = 0;
  #began = 0;
  /** So many waits in a row have been over within their first look. */
  #soon = 0;
  /** So many it takes before a call looks by itself. */
  #doubt = 1;
  readonly #most: number;

  /** `most`: milliseconds that may be polled at all, 0 where there is no second CPU. */
  constructor(most: number) {
    this.#most = most;
    this.#budget = longest / 2;
  }

  get milliseconds(): number {
    return Math.min(this.#budget, this.#most);
  }

  /**
   * Whether a call may look by itself: the last wait was over within its first look. While a call looks, nothing else in this thread
   * runs; where that is what sends the question, every look is in vain and the answer as much later. So each look in vain doubles how
   * many waits must have been so short before the next one.
   */
  get prompt(): boolean {
    return this.#soon >= this.#doubt;
  }

  /** A wait began, in this turn of the event loop. */
  begin(turn: number): void {
    this.#began = turn;
  }

  /** A look without a wait found something. */
  foresee(): void {
    this.#doubt = 1;
  }

  /** It found nothing. */
  overlook(): void {
    this.#soon = 0;
    this.#doubt = Math.min(longestPatience, this.#doubt * 2);
  }

  /** What was waited for came while polling, in this turn of the event loop. */
  hit(turn: number): void {
    this.#soon = turn - this.#began <= 1 && this.#most > 0 ? this.#soon + 1 : 0;
    this.#budget = Math.min(longest, Math.max(this.#budget, shortest) * 2);
    this.#patience = usualPatience;
    this.#shortSleeps = 0;
  }

  /** It did not. */
  miss(): void {
    this.#soon = 0;
    const failed = this.#budget > longest || this.#budget < shortest;
    this.#budget = failed ? 0 : this.#budget / 2;
  }

  /** It came after so many milliseconds of sleep. */
  slept(milliseconds: number): void {
    this.#soon = 0;
    if (milliseconds >= longest || ++this.#shortSleeps < this.#patience) return;
    this.#shortSleeps = 0;
    this.#patience = Math.min(longestPatience, this.#patience * 2);
    this.#budget = trial;
  }
}
