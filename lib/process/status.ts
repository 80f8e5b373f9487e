import { readFileSync } from 'node:fs';

/** Index of the state and of the exit status among the fields behind the command's name in /proc/PID/stat (proc(5)). */
const stateField = 0;
const statusField = 49;

/**
 * The exit code of a child that has ended and that the event loop has not yet been told of: the kernel keeps it until then. `null`
 * while the child runs, and where the kernel does not tell.
 */
export function endedChild(pid: number): number | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return null;
  }
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const state = fields[stateField];
  if (state !== 'Z' && state !== 'X') return null;
  const status = Number(fields[statusField]);
  // As wait(2) encodes it: the signal in the low seven bits, else the code in the next byte.
  const signal = status & 0x7f;
  return signal === 0 ? (status >> 8) & 0xff : -signal;
}
