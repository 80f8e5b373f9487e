import { abortError } from '../errors.js';
import type { TargetName } from '../process/target.js';
import type { Crew } from './crew.js';
import { onAbort } from './pool-options.js';
import { Mode, type Outcome } from './protocol.js';
import { revive } from '../remote-error.js';
import { Task } from './task.js';

export interface ImapPlan {
  readonly target: TargetName;
  readonly input: Iterator<unknown> | AsyncIterator<unknown>;
  readonly chunksize: number;
  /** The most chunks that have been read and not been taken as results. */
  readonly chunks: number;
  readonly ordered: boolean;
  readonly signal: AbortSignal | undefined;
}

interface Chunk {
  task: Task | undefined;
  outcomes: Outcome[] | undefined;
  next: number;
}

type Step<R> = IteratorResult<R, undefined>;

/**
 * The results of `imap`. Input is read from the first `next()` on, only as far ahead as results are taken. An item's error is the
 * error of its `next()`; the results behind it are there still.
 */
export class ImapIterator<R> implements AsyncIterableIterator<R, undefined> {
  readonly #crew: Crew;
  readonly #plan: ImapPlan;
  readonly #stopListening: () => void;
  /** In the order in which they are taken. */
  readonly #chunks: Chunk[] = [];
  #running = new Set<Task>();
  #outstanding = 0;
  #feeding = false;
  /** The input has no more. */
  #ended = false;
  /** Nobody wants more. */
  #over = false;
  #release: (() => void) | undefined;
  #inputError: { readonly error: unknown } | undefined;
  #stopped: { readonly error: unknown } | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #notify: () => void = () => undefined;

  constructor(crew: Crew, plan: ImapPlan) {
    this.#crew = crew;
    this.#plan = plan;
    const { signal } = plan;
    if (signal?.aborted) this.#abort(abortError(signal));
    this.#stopListening = onAbort(signal, (error) => this.#abort(error));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Step<R>> {
    const step = this.#last.then(() => this.#step());
    this.#last = step.catch(() => undefined);
    return step;
  }

  /** Leaves the rest: what no worker has begun is not begun. */
  async return(): Promise<Step<R>> {
    await this.#stop();
    return { done: true, value: undefined };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  async #step(): Promise<Step<R>> {
    for (;;) {
      if (this.#stopped !== undefined) {
        const { error } = this.#stopped;
        this.#stopped = undefined;
        throw error;
      }
      if (!this.#over) this.#release ??= this.#crew.hold();
      void this.#feed();
      const taken = this.#take();
      if (taken !== undefined) {
        if (taken[0]) return { done: false, value: taken[1] as R };
        throw taken[1];
      }
      if (this.#over || (this.#ended && this.#outstanding === 0 && !this.#feeding)) {
        this.#stopListening();
        this.#release?.();
        const failed = this.#inputError;
        this.#inputError = undefined;
        if (failed !== undefined) throw failed.error;
        return { done: true, value: undefined };
      }
      await new Promise<void>((resolve) => {
        this.#notify = resolve;
      });
    }
  }

  #take(): Outcome | undefined {
    const [chunk] = this.#chunks;
    if (chunk?.outcomes === undefined) return undefined;
    const outcome = chunk.outcomes[chunk.next++] as Outcome;
    if (chunk.next === chunk.outcomes.length) {
      this.#chunks.shift();
      this.#outstanding--;
    }
    return outcome;
  }

  /** Reads input and gives it out, for as long as there is room. */
  async #feed(): Promise<void> {
    if (this.#feeding || this.#ended) return;
    this.#feeding = true;
    try {
      while (!this.#ended && this.#outstanding < this.#plan.chunks) {
        const items: unknown[] = [];
        while (items.length < this.#plan.chunksize && !this.#ended) {
          const read = this.#plan.input.next();
          const { done, value } = isPromise(read) ? await read : read;
          if (done) this.#ended = true;
          else items.push(value);
        }
        if (items.length > 0 && this.#stopped === undefined) this.#submit(items);
      }
    } catch (error) {
      this.#ended = true;
      this.#inputError = { error };
    } finally {
      this.#feeding = false;
      this.#notify();
    }
  }

  #submit(items: unknown[]): void {
    const { target, ordered } = this.#plan;
    const chunk: Chunk = { task: undefined, outcomes: undefined, next: 0 };
    const finish = (outcomes: Outcome[]) => {
      chunk.outcomes = outcomes;
      this.#running.delete(task);
      if (!ordered) this.#chunks.push(chunk);
      this.#notify();
    };
    const task: Task = new Task(
      Mode.each,
      target,
      items,
      (value) => {
        const where = 'a worker of the pool';
        finish(
          (value as Outcome[]).map(([ok, what]) => (ok ? [ok, what] : [ok, revive(what, where)])),
        );
      },
      (error) => finish(items.map(() => [false, error])),
    );
    chunk.task = task;
    this.#outstanding++;
    this.#running.add(task);
    if (ordered) this.#chunks.push(chunk);
    this.#crew.submit(task);
  }

  async #stop(error?: Error): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    if (error !== undefined) this.#stopped = { error };
    const unread = !this.#ended;
    this.#ended = true;
    const running = [...this.#running];
    this.#running.clear();
    for (const task of running) this.#crew.cancel(task, error);
    this.#chunks.length = 0;
    this.#outstanding = 0;
    this.#stopListening?.();
    this.#release?.();
    this.#notify();
    if (unread) await this.#plan.input.return?.();
  }

  #abort(error: Error): void {
    // Whether the input can be left changes nothing for who has given up.
    this.#stop(error).catch(() => undefined);
  }
}

function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as { then?: unknown }).then === 'function';
}
