import { availableParallelism } from 'node:os';
import { type Identity, identity, isChild } from './identity.js';

/** This process as `currentProcess()` gives it. */
export interface CurrentProcess {
  readonly pid: number;
  /** `'MainProcess'`, or the name that the parent's `Process` had when it was started. */
  readonly name: string;
  /** Whether this process ends with its parent, and so may have no children. */
  readonly daemon: boolean;
  isAlive(): boolean;
}

/** The process that started this one. */
export interface ParentProcess {
  readonly pid: number;
  readonly name: string;
  /** Whether it still runs. Never mistakes a later process with the same pid for it. */
  isAlive(): boolean;
}

/**
 * True in a process that no `Process` started, and in its worker threads. As in Python, the main script's own work stands under
 * `if (isMainProcess)`, because children import the main script too. Python: `__name__ == '__main__'`.
 */
export const isMainProcess: boolean = !isChild();

/** This process. Python: `current_process()`. */
export function currentProcess(): CurrentProcess {
  const { name, daemon } = identity();
  return { pid: process.pid, name, daemon, isAlive: () => true };
}

/** The process that started this one; `null` in the main process. Python: `parent_process()`. */
export function parentProcess(): ParentProcess | null {
  const { parent }: Identity = identity();
  if (parent === null) return null;
  const { pid, name } = parent;
  // The kernel gives the children of a dead process to another parent, before its pid can be used again.
  return { pid, name, isAlive: () => process.ppid === pid };
}

/** How many CPUs this process may use. Python: `process_cpu_count()`. */
export function cpuCount(): number {
  return availableParallelism();
}
