import { constants } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Connection } from '../pipe/connection.js';
import { BrokenPipeError, ClosedError, ProcessError, WorkerDiedError } from '../errors.js';
import { scratch } from '../messages.js';
import { Pipe } from '../pipe/pipe.js';
import { Process } from '../process/process.js';
import type { SharedArray } from '../values/shared-array.js';
import {
  payloadOfTask,
  type Reply,
  ReplyKind,
  type Setup,
  type TaskMessage,
  window,
} from './protocol.js';
import { fromValue } from '../remote-error.js';
import type { Task } from './task.js';

/** Encoded bytes that a worker is given ahead. */
const bytesAhead = 1024 * 1024;

/** How long replies may follow each other before this thread's other events have a turn, in milliseconds. */
const longestRun = 5;

/** A worker that was asked to end is killed after this time, in milliseconds. */
const patience = 1000;

const lastNumber = 2 ** 31 - 1;

/** In place of the function of this name in worker.ts, which only a worker needs: a `Process` needs only the name. */
async function poolWorker(): Promise<void> {
  throw new ProcessError('Only the process of a worker works');
}

/** What a pool does when its workers have something to say. */
export interface Foreman {
  replied(worker: PoolWorker, reply: Reply, task: Task | undefined): void;
  /** The process is no more; every reply of it was heard. */
  died(worker: PoolWorker): void;
}

interface Given {
  readonly task: Task;
  readonly word: number;
  readonly bytes: number;
  /** It took connections along: nobody else can be given it. */
  readonly bound: boolean;
}

/** The pool's side of one worker. */
export class PoolWorker {
  readonly process: Process<never>;
  /** Resolves when the process has ended and the pool knows. */
  readonly gone: Promise<void>;
  /** Whether it has said that it can work. */
  ready = false;
  /** Whether it is given nothing more. */
  leaving = false;
  /** Whether it was told to end. */
  dismissed = false;
  /** Tasks that it has finished. */
  finished = 0;
  /** Tasks that it may still be given. */
  remaining: number;
  readonly #connection: Connection<unknown>;
  readonly #claims: Int32Array;
  readonly #first: number;
  readonly #foreman: Foreman;
  readonly #given = new Map<number, Given>();
  readonly #words = Array.from({ length: window }, (_, word) => word);
  #bytes = 0;
  #number = 0;
  #listening = false;
  #ended = false;
  #buried = false;
  #resolveGone: () => void = () => undefined;

  /** @throws what `Process.start` throws; nothing is left then */
  constructor(
    foreman: Foreman,
    claims: SharedArray<'i'>,
    setup: Setup,
    name: string,
    remaining: number,
  ) {
    this.#foreman = foreman;
    this.#claims = claims as unknown as Int32Array;
    this.#first = setup.first;
    this.remaining = remaining;
    this.gone = new Promise((resolve) => {
      this.#resolveGone = resolve;
    });
    this.#claims.fill(0, setup.first, setup.first + window);
    const [mine, theirs] = Pipe();
    this.#connection = mine;
    const args = [theirs, claims, setup] as unknown as never;
    const module = new URL('./worker.js', import.meta.url);
    this.process = new Process<never>({ target: poolWorker, args, module, name, daemon: true });
    this.process.once('exit', () => {
      this.#ended = true;
      void this.#listen();
    });
    try {
      this.process.start();
    } catch (error) {
      mine.close();
      theirs.close();
      throw error;
    }
  }

  /** Tasks that it was given and has not answered. */
  get load(): number {
    return this.#given.size;
  }

  /** Whether it can be given another task. */
  get open(): boolean {
    return (
      !this.leaving &&
      !this.#ended &&
      this.remaining > 0 &&
      this.#words.length > 0 &&
      (this.#bytes < bytesAhead || this.#given.size === 0)
    );
  }

  give(task: Task): void {
    const word = this.#words.pop() as number;
    this.#number = this.#number === lastNumber ? 1 : this.#number + 1;
    const number = this.#number;
    Atomics.store(this.#claims, this.#first + word, number);
    const { mode, target, payload } = task;
    const message: TaskMessage = [number, word, mode, target.name, target.method, payload];
    const sent = this.#connection.send(message);
    const bytes = scratch.end - scratch.start;
    this.#given.set(number, { task, word, bytes, bound: scratch.objects.length > 0 });
    this.#bytes += bytes;
    this.remaining--;
    task.worker = this;
    sent.catch((error: unknown) => this.#notSent(number, error));
    void this.#listen();
  }

  /** Takes a task back that it has not begun. */
  revoke(task: Task): boolean {
    for (const [number, given] of this.#given) {
      if (given.task === task) return this.#revoke(number, given);
    }
    return false;
  }

  /** Takes back up to `most` tasks that it has not begun, the latest ones. */
  revokeSome(most: number): Task[] {
    const taken: Task[] = [];
    for (const [number, given] of [...this.#given].reverse()) {
      if (taken.length >= most) break;
      if (!given.bound && this.#revoke(number, given)) taken.push(given.task);
    }
    return taken.reverse();
  }

  /** Tells the process to end when it has nothing to do. */
  dismiss(): void {
    if (this.leaving) return;
    this.leaving = true;
    this.dismissed = true;
    this.#connection.close();
  }

  /** Ends the process whatever it does. */
  kill(): void {
    this.leaving = true;
    this.dismissed = true;
    this.#connection.close();
    if (this.#ended) return;
    this.process.terminate();
    const timer = setTimeout(() => {
      if (!this.#ended) this.process.kill();
    }, patience);
    void this.gone.then(() => clearTimeout(timer));
  }

  /** After its end: tasks that nobody has begun, and those that went with it. */
  inherit(): { readonly untouched: Task[]; readonly lost: Task[] } {
    const untouched: Task[] = [];
    const lost: Task[] = [];
    for (const [number, { task, word, bound }] of this.#given) {
      const begun = Atomics.load(this.#claims, this.#first + word) !== number;
      (begun || bound ? lost : untouched).push(task);
    }
    this.#given.clear();
    return { untouched, lost };
  }

  /** What became of the process, as an error. */
  obituary(during: string): WorkerDiedError {
    const { name, pid, exitcode } = this.process;
    const how =
      exitcode !== null && exitcode < 0
        ? `was killed by ${signalName(-exitcode)}`
        : `ended with exit code ${exitcode}`;
    const error = new WorkerDiedError(`${name} (process ${pid}) ${how} ${during}`);
    return Object.assign(error, { pid, exitcode });
  }

  /** Hears replies for as long as some are due; that keeps this process alive. */
  async #listen(): Promise<void> {
    if (this.#listening) return;
    this.#listening = true;
    let yielded = performance.now();
    try {
      while (this.#given.size > 0 || this.#ended) {
        this.#hear((await this.#connection.recv()) as Reply);
        if (performance.now() - yielded < longestRun) continue;
        await nextTurn();
        yielded = performance.now();
      }
    } catch {
      // The end of file, where nobody has closed this end; else what a broken worker sent, which is as good as its death.
      await this.#bury();
    } finally {
      this.#listening = false;
    }
  }

  #hear(reply: Reply): void {
    const [number] = reply;
    const given = this.#given.get(number);
    if (given !== undefined) {
      this.#forget(number, given);
      this.finished++;
    }
    this.#foreman.replied(this, reply, given?.task);
  }

  async #bury(): Promise<void> {
    if (this.#buried) return;
    this.#buried = true;
    // One that ends by itself closes its pipe shortly before.
    await this.process.join({ timeout: patience });
    if (!this.#ended && this.process.exitcode === null) this.process.kill();
    await this.process.join();
    this.#ended = true;
    this.leaving = true;
    this.#connection.close();
    this.#foreman.died(this);
    this.#resolveGone();
  }

  #notSent(number: number, error: unknown): void {
    // Its death is being noticed.
    if (error instanceof BrokenPipeError || error instanceof ClosedError) {
      if (!this.#connection.closed && error instanceof BrokenPipeError) return;
      if (this.#ended || this.leaving) return;
    }
    const given = this.#given.get(number);
    if (given === undefined) return;
    this.#forget(number, given);
    this.remaining++;
    given.task.reject(fromValue(error, payloadOfTask));
    this.#foreman.replied(this, [0, ReplyKind.none, null], undefined);
  }

  #revoke(number: number, given: Given): boolean {
    const word = this.#first + given.word;
    if (Atomics.compareExchange(this.#claims, word, number, 0) !== number) return false;
    this.#forget(number, given);
    this.remaining++;
    return true;
  }

  #forget(number: number, given: Given): void {
    this.#given.delete(number);
    this.#words.push(given.word);
    this.#bytes -= given.bytes;
  }
}

function signalName(number: number): string {
  const found = Object.entries(constants.signals).find(([, value]) => value === number);
  return found?.[0] ?? `signal ${number}`;
}
