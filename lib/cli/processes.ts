import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';

/** Ticks in a second of /proc/<pid>/stat: part of Linux's interface, the same on every machine. */
const ticksPerSecond = 100;

const states: Readonly<Record<string, string>> = {
  R: 'running',
  S: 'sleeping',
  D: 'uninterruptible',
  T: 'stopped',
  t: 'traced',
  Z: 'zombie',
  X: 'dead',
  I: 'idle',
};

/** What /proc says of a process now. */
export interface ProcessFacts {
  readonly state: string;
  readonly ageMs: number;
  /** Its command line; the bare name where that cannot be read. */
  readonly command: string;
}

/**
 * Facts about the process that has this pid and began at that tick. `undefined` where there is none, or another one has the pid:
 * a pid in shared memory may be of another namespace, or made up.
 */
export function processFacts(pid: number, startTime: number): ProcessFacts | undefined {
  let line: string;
  let command: string;
  try {
    line = readFileSync(`/proc/${pid}/stat`, 'latin1');
    command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return undefined;
  }
  // The command's name may hold spaces and brackets: the fields are counted from its last bracket.
  const end = line.lastIndexOf(')');
  const fields = line.slice(end + 2).split(' ');
  const began = Number(fields[19]);
  if (began !== startTime) return undefined;
  return {
    state: states[fields[0] ?? ''] ?? 'unknown',
    ageMs: Math.max(0, Math.round((uptime() - began / ticksPerSecond) * 1000)),
    command: command === '' ? line.slice(line.indexOf('(') + 1, end) : command,
  };
}
