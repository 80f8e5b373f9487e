import { Entry } from './wire.js';

/** Calls of one method, one after the other: `number`, `number` + 1, … with the arguments of each. */
export type CallEntry = [
  what: number,
  number: number,
  target: number,
  method: string,
  bodies: unknown[],
];

/** What a client has to send: in its order, what was asked for in one turn of the event loop as one message. */
export class Outbox {
  readonly #flush: () => void;
  #entries: (readonly unknown[])[] = [];
  /** The last entry, where another call can join it. */
  #run: CallEntry | undefined;
  #soon = false;
  #corked = 0;

  /** `flush` takes what is there, and sends it. */
  constructor(flush: () => void) {
    this.#flush = flush;
  }

  /** Adds a call: to the entry of the call before, where only the arguments differ. */
  addCall(number: number, target: number, method: string, args: readonly unknown[]): void {
    const run = this.#run;
    const joins =
      run !== undefined &&
      run[2] === target &&
      run[3] === method &&
      run[1] + run[4].length === number;
    if (joins) {
      run[4].push(args);
      return;
    }
    const entry: CallEntry = [Entry.call, number, target, method, [args]];
    this.add(entry);
    this.#run = entry;
  }

  add(entry: readonly unknown[]): void {
    this.#run = undefined;
    this.#entries.push(entry);
    this.flushSoon();
  }

  /** Holds everything back until `calls` has returned, and then sends it as one message. */
  cork<R>(calls: () => R): R {
    this.#corked++;
    try {
      return calls();
    } finally {
      this.#corked--;
      this.flushSoon();
    }
  }

  /** Flushes at the end of the running turn, where there is something to send. */
  flushSoon(): void {
    if (this.#soon || this.#corked > 0 || this.#entries.length === 0) return;
    this.#soon = true;
    queueMicrotask(() => {
      this.#soon = false;
      this.#flush();
    });
  }

  /** Everything that is to be sent; it is empty then. */
  take(): (readonly unknown[])[] {
    const entries = this.#entries;
    this.#entries = [];
    this.#run = undefined;
    return entries;
  }
}
