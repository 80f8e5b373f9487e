import { InterprocError } from '../errors.js';
import { binding } from '../native.js';
import { RawArray, type SharedArray } from '../values/shared-array.js';
import { type Foreman, PoolWorker } from './pool-worker.js';
import { type Reply, ReplyKind, type Setup, window } from './protocol.js';
import { revive } from '../remote-error.js';
import { type Task, TaskQueue } from './task.js';

/** How many workers in a row may end by themselves before they are ready, and how many in any way without having finished a task. */
const failedStarts = 3;
const fruitlessEnds = 20;

const longestTimer = 2 ** 31 - 1;

export interface CrewPlan {
  readonly processes: number;
  readonly maxTasksPerChild: number;
  readonly setup: Omit<Setup, 'first'>;
}

type State = 'running' | 'closing' | 'terminated' | 'broken';

/** How many pools this thread has made, which numbers the names of their workers. */
let pools = 0;

/** The workers of a pool and the tasks that wait for them. */
export class Crew implements Foreman {
  readonly #plan: CrewPlan;
  readonly #claims: SharedArray<'i'>;
  readonly #places: (PoolWorker | undefined)[];
  readonly #queue = new TaskQueue();
  readonly #pool = ++pools;
  #state: State = 'running';
  #pending = 0;
  #holders = 0;
  /** Set when no worker will ever take a task again. */
  #ended: { readonly reason: unknown } | undefined;
  readonly #keepAlive = setInterval(() => undefined, longestTimer).unref();
  readonly #settled = () => {
    if (--this.#pending === 0) this.#keepAlive.unref();
  };
  #hired = 0;
  #starts = 0;
  #fruitless = 0;
  #broken: unknown;

  /** @throws what `Process.start` throws; no worker is left then */
  constructor(plan: CrewPlan) {
    this.#plan = plan;
    this.#claims = RawArray('i', plan.processes * window);
    this.#places = new Array<PoolWorker | undefined>(plan.processes).fill(undefined);
    try {
      for (let place = 0; place < plan.processes; place++) this.#hire(place);
    } catch (error) {
      this.terminate();
      throw error;
    }
  }

  get processes(): number {
    return this.#plan.processes;
  }

  get running(): boolean {
    return this.#state === 'running';
  }

  /** The processes that work now. */
  get pids(): number[] {
    return this.#workers().flatMap(({ process }) => process.pid ?? []);
  }

  /** @throws InterprocError `ERR_POOL_NOT_RUNNING`, or why there are no workers any more */
  check(): void {
    if (this.#state === 'broken') throw this.#broken;
    if (this.#state === 'running') return;
    throw notRunning();
  }

  /** Keeps the workers after close(), for one who has more tasks to come; what it returns ends that. */
  hold(): () => void {
    this.#holders++;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#holders--;
      this.#rest();
    };
  }

  submit(task: Task): void {
    if (this.#ended !== undefined) {
      task.reject(this.#ended.reason);
      return;
    }
    // Between the end of one worker and the start of the next, nothing else would keep this process alive.
    if (this.#pending++ === 0) this.#keepAlive.ref();
    task.onSettled = this.#settled;
    this.#queue.push(task);
    this.#dispatch();
  }

  /** Nobody wants the task any more: it is not begun, where it has not been yet. */
  cancel(task: Task, reason: unknown): void {
    if (task.settled) return;
    task.worker?.revoke(task);
    task.reject(reason);
    this.#dispatch();
  }

  close(): void {
    if (this.#state !== 'running') return;
    this.#state = 'closing';
    this.#rest();
  }

  terminate(): void {
    if (this.#state === 'terminated') return;
    if (this.#state !== 'broken') this.#state = 'terminated';
    this.#end(
      new InterprocError('The pool was terminated before the task was finished', {
        code: 'ERR_POOL_TERMINATED',
      }),
    );
  }

  /** Resolves when every worker has ended. */
  async join(): Promise<void> {
    for (let workers = this.#workers(); workers.length > 0; workers = this.#workers()) {
      await Promise.all(
        workers.map(async ({ process, gone }) => {
          // Keeps this process alive, which the workers do not.
          await process.join();
          await gone;
        }),
      );
    }
  }

  replied(worker: PoolWorker, [, kind, value]: Reply, task: Task | undefined): void {
    const where = `${worker.process.name} (process ${worker.process.pid})`;
    if (kind === ReplyKind.ready) {
      worker.ready = true;
      this.#starts = 0;
    } else if (kind === ReplyKind.unable) {
      this.#break(revive(value, where));
      return;
    } else if (task !== undefined) {
      this.#fruitless = 0;
      if (kind === ReplyKind.result) task.resolve(value);
      else task.reject(revive(value, where));
    }
    // One that has done its share goes, and another comes when its words are free.
    if (worker.load === 0 && worker.remaining <= 0) worker.dismiss();
    this.#dispatch();
  }

  died(worker: PoolWorker): void {
    const { untouched, lost } = worker.inherit();
    const place = this.#places.indexOf(worker);
    this.#places[place] = undefined;
    // What a killed worker had in shared memory for itself alone.
    if (wasKilled(worker)) binding.sweep();
    for (const task of lost) task.reject(worker.obituary('while it had the task'));
    this.#queue.putBack(untouched);
    if (!worker.dismissed) this.#count(worker);
    if (this.#needed()) this.#rehire(place);
    this.#dispatch();
    if (this.#workers().length === 0 && !this.running) this.#leave();
  }

  /** Workers that only ever die would be replaced for ever. */
  #count(worker: PoolWorker): void {
    this.#starts += worker.ready || wasKilled(worker) ? 0 : 1;
    this.#fruitless += worker.finished > 0 ? 0 : 1;
    if (this.#starts >= failedStarts) {
      this.#break(worker.obituary('before it was ready, as others before it'));
    } else if (this.#fruitless >= fruitlessEnds) {
      this.#break(worker.obituary('without having finished a task, as others before it'));
    }
  }

  #workers(): PoolWorker[] {
    return this.#places.filter((worker) => worker !== undefined);
  }

  #needed(): boolean {
    return this.#state === 'running' || (this.#state === 'closing' && this.#queue.size > 0);
  }

  #hire(place: number): void {
    const { setup, maxTasksPerChild } = this.#plan;
    const name = `PoolWorker-${this.#pool}:${++this.#hired}`;
    const first = place * window;
    this.#places[place] = new PoolWorker(
      this,
      this.#claims,
      { ...setup, first },
      name,
      maxTasksPerChild,
    );
  }

  #rehire(place: number): void {
    try {
      this.#hire(place);
    } catch (error) {
      this.#break(error);
    }
  }

  #dispatch(): void {
    for (let worker = this.#freest(); worker !== undefined; worker = this.#freest()) {
      const task = this.#queue.shift();
      if (task === undefined) break;
      worker.give(task);
    }
    this.#share();
    this.#rest();
  }

  /** The worker with the least to do that can be given a task. */
  #freest(): PoolWorker | undefined {
    let best: PoolWorker | undefined;
    for (const worker of this.#places) {
      if (worker?.open !== true) continue;
      if (best === undefined || worker.load < best.load) best = worker;
    }
    return best;
  }

  /** Who has nothing to do is given what another was given ahead and has not begun. */
  #share(): void {
    if (this.#queue.size > 0) return;
    const idle = this.#freest();
    if (idle === undefined || idle.load > 0 || !idle.ready) return;
    let busiest: PoolWorker | undefined;
    let most = 0;
    for (const worker of this.#places) {
      // One that still starts has begun nothing.
      const spare = worker?.ready === true ? Math.floor(worker.load / 2) : (worker?.load ?? 0);
      if (spare > most) {
        most = spare;
        busiest = worker;
      }
    }
    const tasks = busiest?.revokeSome(most) ?? [];
    for (const task of tasks) {
      if (idle.open) idle.give(task);
      else this.#queue.push(task);
    }
  }

  /** After close(), workers go when nothing is left to do. */
  #rest(): void {
    if (this.#state !== 'closing' || this.#queue.size > 0 || this.#holders > 0) return;
    for (const worker of this.#places) {
      if (worker !== undefined && worker.load === 0) worker.dismiss();
    }
    if (this.#workers().length === 0) this.#leave();
  }

  /** The last worker has gone. */
  #leave(): void {
    this.#ended ??= { reason: notRunning() };
    this.#claims.close();
    clearInterval(this.#keepAlive);
  }

  #break(reason: unknown): void {
    if (this.#state === 'terminated' || this.#state === 'broken') return;
    this.#state = 'broken';
    this.#broken = reason;
    this.#end(reason);
  }

  #end(reason: unknown): void {
    this.#ended = { reason };
    const tasks = this.#queue.takeAll();
    const workers = this.#workers();
    for (const worker of workers) {
      const { untouched, lost } = worker.inherit();
      tasks.push(...untouched, ...lost);
      worker.kill();
    }
    for (const task of tasks) task.reject(reason);
    if (workers.length === 0) this.#leave();
  }
}

function wasKilled({ process }: PoolWorker): boolean {
  return (process.exitcode ?? 0) < 0;
}

function notRunning(): InterprocError {
  return new InterprocError('The pool was closed: it takes no more tasks', {
    code: 'ERR_POOL_NOT_RUNNING',
  });
}
