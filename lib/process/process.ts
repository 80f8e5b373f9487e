import type { ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { invalidArgType } from '../argument-errors.js';
import { staysHere } from '../codec/codec.js';
import { ClosedError, ProcessError } from '../errors.js';
import { readSyncWait, readWait, type SyncWaitOptions, type WaitOptions } from '../options.js';
import { BootChannel } from './boot.js';
import { addChild, type LiveChild, liveChildren, removeChild } from './children.js';
import { identity, isBooting } from './identity.js';
import { Joins, waitSyncUntil } from './joins.js';
import {
  type CommandOptions,
  type ProcessOptions,
  type ProcessPlan,
  readProcessName,
  readProcessOptions,
} from './options.js';
import { spawnChild, spawnFailure } from './spawn.js';
import { endedChild } from './status.js';
import { type HasSelectable, type Selectable, selectable } from '../select/selectable.js';

export type { CommandOptions, ProcessOptions } from './options.js';
export type { Target } from './target.js';

/** The events of a `Process`. */
export interface ProcessEvents {
  /** The child has ended; `exitcode` is what the property says. */
  exit: [exitcode: number];
  /** The child could not be started, or reported that it could not run its target. Emitted where somebody listens. */
  error: [error: Error];
}

/** How many processes this thread has made, which numbers their names. */
let made = 0;

/**
 * A Node.js process that calls one exported function. Python: `multiprocessing.Process` with the start method `spawn`. Or, with
 * `command`, a program of another language, which takes its `args` as Python's `interproc.args()` does.
 *
 * `start()` does not wait for the child, and the child does not need this process's event loop to start: a blocking `…Sync` call may
 * follow at once. This process stays alive until its children have ended, but for daemons, which end with it, even where it is killed.
 * An error thrown in the child is printed to its stderr and gives exit code 1. Events come through the event loop; `exitcode`
 * and `isAlive()` ask the kernel, and so are right in a thread that never returns to it.
 */
export class Process<Args extends readonly unknown[] = readonly unknown[]>
  extends EventEmitter<ProcessEvents>
  implements LiveChild, HasSelectable
{
  readonly #plan: ProcessPlan;
  readonly #path: readonly number[];
  readonly #joins = new Joins((anybody) => this.#keepAlive(anybody));
  #name: string;
  #daemon: boolean;
  #child: ChildProcess | undefined;
  #channel: BootChannel | undefined;
  #exitcode: number | null = null;
  #failure: Error | undefined;
  #closed = false;

  /**
   * Describes a child; `start()` makes it.
   * @throws TypeError for wrong types and unknown options, ProcessError `ERR_TARGET_NOT_EXPORTED` for a target that no module can
   * export (anonymous, bound, built in), or where there is no main script to import it from.
   */
  constructor(options: ProcessOptions<Args> | CommandOptions) {
    super();
    const self = identity();
    this.#plan = readProcessOptions(options, self.daemon);
    this.#path = [...self.path, ++made];
    this.#name = this.#plan.name ?? `Process-${this.#path.join(':')}`;
    this.#daemon = this.#plan.daemon;
  }

  /** For people to read; the child sees what it was at `start()`. */
  get name(): string {
    return this.#name;
  }

  set name(name: string) {
    this.#name = readProcessName(name);
  }

  /** Whether the child ends with this process. @throws ProcessError `ERR_PROCESS_STARTED` when set after `start()` */
  get daemon(): boolean {
    return this.#daemon;
  }

  set daemon(daemon: boolean) {
    if (typeof daemon !== 'boolean') throw invalidArgType('daemon', 'a boolean', daemon);
    this.#refuseClosed();
    if (this.#child !== undefined) throw started(this.#name);
    this.#daemon = daemon;
  }

  /** The child's process id; `null` before `start()`. */
  get pid(): number | null {
    this.#refuseClosed();
    return this.#child?.pid ?? null;
  }

  /** `null` while the child runs and before `start()`; what it exited with; or the negative number of the signal that killed it. */
  get exitcode(): number | null {
    this.#refuseClosed();
    return this.#ended();
  }

  /** What `wait()` takes to wait for the child's end: this object. @throws ProcessError `ERR_PROCESS_NOT_STARTED` before `start()` */
  get sentinel(): this {
    this.#started();
    return this;
  }

  /** Whether `close()` was called. */
  get closed(): boolean {
    return this.#closed;
  }

  /** The child's standard input, where `stdio` asks for a pipe. */
  get stdin(): Writable | null {
    return this.#child?.stdin ?? null;
  }

  /** The child's standard output, where `stdio` asks for a pipe. Its `'end'` may come after `'exit'`. */
  get stdout(): Readable | null {
    return this.#child?.stdout ?? null;
  }

  /** The child's standard error, where `stdio` asks for a pipe. */
  get stderr(): Readable | null {
    return this.#child?.stderr ?? null;
  }

  /** What Node.js knows the child as: for `send()` and `'message'` where `stdio` asks for `'ipc'`. `null` before `start()`. */
  get subprocess(): ChildProcess | null {
    return this.#child ?? null;
  }

  /**
   * Starts the child, with its arguments in shared memory already. Never waits. Connections among the arguments are handed over.
   * Where the system has no process to give, the error is an `'error'` event, or thrown where nobody listens for that; this object
   * can then be started again.
   * @throws SerializationError where the arguments cannot travel (nothing was started), ProcessError `ERR_PROCESS_STARTED`,
   * `ERR_BOOTSTRAPPING` in a child that is still importing its module, `ERR_PROCESS_DAEMON` in a daemon, a system error.
   */
  start(): this {
    this.#refuseClosed();
    if (this.#child !== undefined) throw started(this.#name);
    refuseHere();
    const { call, args } = this.#plan;
    const channel = new BootChannel({
      identity: {
        name: this.#name,
        daemon: this.#daemon,
        path: this.#path,
        parent: { pid: process.pid, name: identity().name },
      },
      ...(call === undefined ? {} : { call }),
      args,
      argv: process.argv.slice(1),
    });
    let child: ChildProcess;
    try {
      child = spawnChild(this.#plan, channel.ticket);
    } catch (error) {
      channel.abandon();
      throw error;
    }
    if (child.pid === undefined) {
      channel.abandon();
      this.#fail(child, spawnFailure(this.#plan));
      return this;
    }
    this.#failure = undefined;
    this.#child = child;
    this.#channel = channel;
    child.on('error', (error) => this.#report(error));
    child.once('exit', (code, signal) => {
      this.#end(code ?? -constants.signals[signal as NodeJS.Signals]);
    });
    if (this.#daemon) unrefAll(child);
    addChild(this);
    channel.watch();
    return this;
  }

  /**
   * Resolves when the child has ended, or when time has run out: look at `exitcode`. Rejects with AbortError, ProcessError
   * `ERR_PROCESS_NOT_STARTED`, and with the error of a `start()` that found no process to be had. A pending join keeps this process
   * alive.
   */
  async join(options?: WaitOptions): Promise<void> {
    const wait = readWait(options, 'join');
    if (!this.#joinable()) return;
    // One that has ended is waited for: its event is on the way.
    if (wait.timeout === 0 && this.#ended() === null) return;
    await this.#joins.wait(wait.timeout === 0 ? { ...wait, timeout: Infinity } : wait);
  }

  /**
   * Blocks the thread until the child has ended, or time has run out. Output that the child writes to a pipe is not read meanwhile.
   * @throws ProcessError `ERR_PROCESS_NOT_STARTED`
   */
  joinSync(options?: SyncWaitOptions): void {
    const wait = readSyncWait(options, 'joinSync');
    if (this.#joinable()) waitSyncUntil(() => this.#ended() !== null, wait);
  }

  /** Whether the child has been started and has not ended. */
  isAlive(): boolean {
    this.#refuseClosed();
    return this.#child !== undefined && this.#ended() === null;
  }

  /** Sends SIGTERM; nothing where the child has ended. Its own children are not told. @throws ProcessError `ERR_PROCESS_NOT_STARTED` */
  terminate(): void {
    this.#started().kill('SIGTERM');
  }

  /** Sends SIGKILL. @throws ProcessError `ERR_PROCESS_NOT_STARTED` */
  kill(): void {
    this.#started().kill('SIGKILL');
  }

  /** Sends SIGINT. @throws ProcessError `ERR_PROCESS_NOT_STARTED` */
  interrupt(): void {
    this.#started().kill('SIGINT');
  }

  /**
   * Lets go of the child; every later use but of `name`, `daemon` and `closed` throws `ERR_CLOSED`. Idempotent.
   * @throws ProcessError `ERR_PROCESS_ALIVE` while the child runs
   */
  close(): void {
    if (this.#closed) return;
    if (this.isAlive()) {
      throw new ProcessError(
        `${this.#name} is still running. Wait for it with join(), or end it with terminate(), before close()`,
        { code: 'ERR_PROCESS_ALIVE' },
      );
    }
    this.#closed = true;
  }

  /** A message cannot carry it. @internal */
  get [staysHere](): string {
    return 'Process';
  }

  /** For `wait()`. @internal */
  [selectable](): Selectable {
    return {
      blocking: 'looks',
      // As join() sees it: what could not be started throws.
      ready: () => !this.#joinable() || this.#ended() !== null,
      watch: (changed) => this.#joins.add(changed),
    };
  }

  /** @internal */
  awaitBoot(milliseconds: number): void {
    waitSyncUntil(() => this.#channel?.look() !== false || this.#ended() !== null, {
      timeout: milliseconds,
    });
  }

  #refuseClosed(): void {
    if (this.#closed) throw new ClosedError(`${this.#name} was closed`);
  }

  #started(): ChildProcess {
    this.#refuseClosed();
    if (this.#child !== undefined) return this.#child;
    throw new ProcessError(`${this.#name} has not been started`, {
      code: 'ERR_PROCESS_NOT_STARTED',
    });
  }

  /** Whether there is an end to wait for that this thread's events have not told of. */
  #joinable(): boolean {
    this.#refuseClosed();
    if (this.#failure !== undefined) throw this.#failure;
    this.#started();
    return this.#exitcode === null;
  }

  #ended(): number | null {
    const pid = this.#child?.pid;
    return pid === undefined ? null : (this.#exitcode ?? endedChild(pid));
  }

  #keepAlive(anybody: boolean): void {
    if (!this.#daemon) return;
    if (anybody) this.#child?.ref();
    else this.#child?.unref();
  }

  #end(exitcode: number): void {
    this.#exitcode = exitcode;
    removeChild(this);
    const failure = this.#channel?.close();
    this.#channel = undefined;
    this.#joins.end();
    if (failure !== undefined) this.#report(failure);
    this.emit('exit', exitcode);
  }

  #fail(child: ChildProcess, failure: Error): void {
    const heard = this.listenerCount('error') > 0;
    child.once('error', () => {
      if (heard) this.#report(failure);
    });
    if (!heard) throw failure;
    this.#failure = failure;
  }

  #report(error: Error): void {
    if (this.listenerCount('error') > 0) this.emit('error', error);
  }
}

/** This thread's children that run. Python: `active_children()`. */
export function activeChildren(): Process[] {
  return liveChildren().filter((child) => child.isAlive()) as Process[];
}

function started(name: string): ProcessError {
  return new ProcessError(`${name} was started already. A process object starts one process`, {
    code: 'ERR_PROCESS_STARTED',
  });
}

function refuseHere(): void {
  if (isBooting()) {
    throw new ProcessError(
      'A child process started a process while its main module was being imported. The main script is imported by its children ' +
        "too: put its own work under `if (isMainProcess)`, with isMainProcess imported from 'interproc'",
      { code: 'ERR_BOOTSTRAPPING' },
    );
  }
  if (identity().daemon) {
    throw new ProcessError('A daemon cannot have children: nobody would end them with it', {
      code: 'ERR_PROCESS_DAEMON',
    });
  }
}

/** A daemon keeps this process alive neither by itself nor by its output. */
function unrefAll(child: ChildProcess): void {
  child.unref();
  child.channel?.unref();
  for (const stream of child.stdio) (stream as Partial<Socket> | null)?.unref?.();
}
