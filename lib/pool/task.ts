import type { TargetName } from '../process/target.js';
import type { PoolWorker } from './pool-worker.js';

/** What a pool gives to a worker in one piece: a call, or a chunk of items. */
export class Task {
  readonly mode: number;
  readonly target: TargetName;
  readonly payload: readonly unknown[];
  readonly #done: (value: unknown) => void;
  readonly #failed: (error: unknown) => void;
  /** Called once when it is settled. */
  onSettled: (() => void) | undefined;
  /** Whom it was given to. */
  worker: PoolWorker | undefined;
  /** Whether it has an end, or nobody wants it any more. */
  settled = false;

  constructor(
    mode: number,
    target: TargetName,
    payload: readonly unknown[],
    done: (value: unknown) => void,
    failed: (error: unknown) => void,
  ) {
    this.mode = mode;
    this.target = target;
    this.payload = payload;
    this.#done = done;
    this.#failed = failed;
  }

  resolve(value: unknown): void {
    if (this.settled) return;
    this.settled = true;
    this.onSettled?.();
    this.#done(value);
  }

  reject(error: unknown): void {
    if (this.settled) return;
    this.settled = true;
    this.onSettled?.();
    this.#failed(error);
  }
}

/** Tasks in their order; those that a dead worker had not begun come first again. */
export class TaskQueue {
  #tasks: Task[] = [];
  #head = 0;

  get size(): number {
    return this.#tasks.length - this.#head;
  }

  push(task: Task): void {
    this.#tasks.push(task);
  }

  putBack(tasks: readonly Task[]): void {
    if (tasks.length === 0) return;
    this.#tasks = [...tasks, ...this.#tasks.slice(this.#head)];
    this.#head = 0;
  }

  /** The next one that somebody still wants. */
  shift(): Task | undefined {
    while (this.#head < this.#tasks.length) {
      const task = this.#tasks[this.#head++] as Task;
      if (this.#head > 1024 && this.#head * 2 > this.#tasks.length) {
        this.#tasks = this.#tasks.slice(this.#head);
        this.#head = 0;
      }
      if (!task.settled) return task;
    }
    this.#tasks = [];
    this.#head = 0;
    return undefined;
  }

  takeAll(): Task[] {
    const rest = this.#tasks.slice(this.#head);
    this.#tasks = [];
    this.#head = 0;
    return rest;
  }
}
