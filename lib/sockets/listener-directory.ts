import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

// A listener without an address has its socket in a directory of its own, whose name says whose it is: interproc-PIDS.PID.START-XXXXXX,
// in base 36. PIDS is the pid namespace, because a process id means something only there; START is when the process began, in
// clock ticks since boot, because process ids come again. So what a killed process left can be told from what is in use for
// certain, without a connection, which a live listener would take for a client's.
const pattern = /^interproc-([0-9a-z]+)\.([0-9a-z]+)\.([0-9a-z]+)-[A-Za-z0-9]{6}$/;

/** Makes a directory that only this user can open, and removes those of the user's processes that are dead. */
export function makeDirectory(): string {
  const pids = pidNamespace();
  removeDead(pids);
  const start = startOf(process.pid) ?? 0;
  const owner = [pids, process.pid, start].map((number) => number.toString(36)).join('.');
  const made = mkdtempSync(path.join(tmpdir(), `interproc-${owner}-`));
  // A umask may have taken our own rights from it.
  chmodSync(made, 0o700);
  return made;
}

function removeDead(pids: number): void {
  for (const name of entries(tmpdir())) {
    const [, itsPids = '', pid = '', start = ''] = pattern.exec(name) ?? [];
    if (parseInt(itsPids, 36) !== pids) continue;
    if (startOf(parseInt(pid, 36)) === parseInt(start, 36)) continue;
    const directory = path.join(tmpdir(), name);
    const about = lstatSync(directory, { throwIfNoEntry: false });
    // Another user's is left to that user; a link is none of ours.
    if (about?.isDirectory() && about.uid === process.geteuid?.())
      rmSync(directory, { recursive: true, force: true });
  }
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // One that may not be read may still be written to.
    return [];
  }
}

function pidNamespace(): number {
  return Number(/\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0]);
}

/** When a process began; `undefined` where there is none, or only what is left until its parent asks for it. */
function startOf(pid: number): number | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // The name, in parentheses, may have spaces and parentheses itself. The state is field 3, the start field 22.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : Number(fields[19]);
}
