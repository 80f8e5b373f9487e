// CPU time of everybody who takes part: this process and all that it started, with their threads.
import { readdirSync, readFileSync } from 'node:fs';

let family;

/** CPU seconds, user and system together, that this process and its descendants have used so far. */
export function cpuSeconds() {
  // Looked up once: all who take part are there before the first round, and a walk through /proc is slow.
  family ??= descendantsOf(process.pid);
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6 + family.reduce((sum, pid) => sum + secondsOf(pid), 0);
}

function descendantsOf(root) {
  const children = new Map();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const parent = parentOf(pid);
    if (!children.has(parent)) children.set(parent, []);
    children.get(parent).push(pid);
  }
  const found = [];
  const walk = (pid) => {
    for (const child of children.get(String(pid)) ?? []) {
      found.push(child);
      walk(child);
    }
  };
  walk(root);
  return found;
}

function parentOf(pid) {
  const stat = read(`/proc/${pid}/stat`);
  // The name before it, in parentheses, may hold anything.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
}

/** By the scheduler's own account, in nanoseconds: the usual one counts in steps of 10 ms. */
function secondsOf(pid) {
  let nanoseconds = 0;
  for (const thread of list(`/proc/${pid}/task`)) {
    nanoseconds += Number(read(`/proc/${pid}/task/${thread}/schedstat`).split(' ')[0] || 0);
  }
  return nanoseconds / 1e9;
}

function list(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return []; // It has ended.
  }
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
