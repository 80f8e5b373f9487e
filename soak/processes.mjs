// What the kernel says of processes.
import { readdirSync, readFileSync } from 'node:fs';

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Who a process is, for good: a pid alone is given to others later. `undefined` where it is gone, or a zombie. */
function startOf(pid) {
  const fields = read(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ') ?? [];
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}

/** The living children of a process, as they can be recognised later. */
export function childrenOf(pid) {
  return read(`/proc/${pid}/task/${pid}/children`)
    .split(' ')
    .filter((child) => child !== '')
    .map((child) => ({ pid: Number(child), start: startOf(child) }))
    .filter(({ start }) => start !== undefined);
}

export function isGone({ pid, start }) {
  return startOf(pid) !== start;
}

/** Where a process stands, for people. */
export function look(pid) {
  const state = /State:\s+(.+)/.exec(read(`/proc/${pid}/status`))?.[1];
  return `pid ${pid}, ${state ?? 'gone'}, in ${read(`/proc/${pid}/wchan`) || '?'}`;
}

/** Living processes whose environment has the mark. */
export function marked(mark) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => startOf(pid) !== undefined && read(`/proc/${pid}/environ`).includes(mark))
    .map(Number);
}
