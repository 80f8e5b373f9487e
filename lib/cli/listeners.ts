import { lstatSync, readdirSync, readFileSync, rmdirSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** The directory that a `Listener` without an address makes for its socket. */
export interface ListenerReport {
  readonly directory: string;
  /** Whether a socket is bound there, as far as this network namespace shows. */
  readonly bound: boolean;
}

/** A socket is bound, and listens the moment after: one that refuses is asked again. */
const momentMs = 100;

function boundPaths(): Set<string> {
  try {
    const lines = readFileSync('/proc/net/unix', 'utf8').split('\n').slice(1);
    return new Set(lines.map((line) => line.split(' ').slice(7).join(' ').trim()));
  } catch {
    return new Set();
  }
}

/** Directories of this user that hold a socket and nothing else, named as ours are. Looks; connects to nothing. */
export function lookForListeners(): ListenerReport[] {
  const bound = boundPaths();
  const found: ListenerReport[] = [];
  for (const entry of readdirSync(tmpdir(), { withFileTypes: true })) {
    if (
      !entry.isDirectory() ||
      !/^interproc-([0-9a-z]+\.[0-9a-z]+\.[0-9a-z]+-)?[A-Za-z0-9]{6}$/.test(entry.name)
    )
      continue;
    const directory = path.join(tmpdir(), entry.name);
    if (isOurs(directory))
      found.push({ directory, bound: bound.has(path.join(directory, 'socket')) });
  }
  return found;
}

function isOurs(directory: string): boolean {
  try {
    const about = lstatSync(directory);
    const inside = readdirSync(directory);
    return (
      about.uid === process.geteuid?.() &&
      (about.mode & 0o077) === 0 &&
      inside.length === 1 &&
      inside[0] === 'socket' &&
      lstatSync(path.join(directory, 'socket')).isSocket()
    );
  } catch {
    return false;
  }
}

/** Whether the kernel says that nobody listens. Only asked where nobody is seen to: another network namespace may. */
function refuses(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const attempt = connect(socket);
    attempt.once('connect', () => {
      attempt.destroy();
      resolve(false);
    });
    attempt.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
}

/** Those that killed processes left. */
export async function abandonedListeners(): Promise<string[]> {
  const abandoned: string[] = [];
  for (const { directory, bound } of lookForListeners()) {
    const socket = path.join(directory, 'socket');
    if (bound || !(await refuses(socket))) continue;
    await delay(momentMs);
    if (await refuses(socket)) abandoned.push(directory);
  }
  return abandoned;
}

/** Whether it went. */
export function removeListener(directory: string): boolean {
  try {
    unlinkSync(path.join(directory, 'socket'));
    rmdirSync(directory);
    return true;
  } catch {
    return false;
  }
}
