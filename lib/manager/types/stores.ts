import { invalidArgType, outOfRange } from '../../errors.js';

/** Where a queue keeps its items, in the order in which they are taken. */
export interface Store {
  readonly size: number;
  /** What `put` may say about an item besides how long it may wait. */
  readonly optionNames: readonly string[];
  /** Reads that once for all items of a `put`; gives what puts one in. @throws TypeError and RangeError */
  adder(options: unknown): (item: unknown) => void;
  /** Takes the first, where there is one. */
  take(): unknown;
  clear(): void;
}

/** First in, first out. */
export class FifoStore implements Store {
  readonly optionNames = [];
  #items: unknown[] = [];
  #first = 0;

  get size(): number {
    return this.#items.length - this.#first;
  }

  adder(): (item: unknown) => void {
    return (item) => this.#items.push(item);
  }

  take(): unknown {
    const item = this.#items[this.#first];
    this.#items[this.#first++] = undefined;
    // What was taken goes once it is the larger part: a constant cost for each item.
    if (this.#first * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
    return item;
  }

  clear(): void {
    this.#items = [];
    this.#first = 0;
  }
}

interface Ranked {
  readonly item: unknown;
  readonly priority: number;
}

/** The lowest priority first, and of equals the one that came first. */
export class PriorityStore implements Store {
  readonly optionNames = ['priority'];
  /** The first to be taken stands last. */
  #items: Ranked[] = [];

  get size(): number {
    return this.#items.length;
  }

  adder(options: unknown): (item: unknown) => void {
    const { priority = 0 } = (options ?? {}) as { readonly priority?: unknown };
    if (typeof priority !== 'number') throw invalidArgType('priority', 'a finite number', priority);
    if (!Number.isFinite(priority)) throw outOfRange('priority', 'a finite number', priority);
    return (item) => this.#add({ item, priority });
  }

  take(): unknown {
    return this.#items.pop()?.item;
  }

  clear(): void {
    this.#items = [];
  }

  #add(ranked: Ranked): void {
    let [low, high] = [0, this.#items.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#items[middle] as Ranked).priority > ranked.priority) low = middle + 1;
      else high = middle;
    }
    this.#items.splice(low, 0, ranked);
  }
}
