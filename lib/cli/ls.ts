import { type DirectoryReport, lookAround } from './directory.js';
import { lookForListeners } from './listeners.js';
import type { LockReport, ObjectReport } from './report.js';
import { type Column, table } from './table.js';
import { bytes, printable, span } from './units.js';
import { exitCodes, readArguments } from './usage.js';

export const help = `interproc ls [--all] [--json]

Lists what is in /dev/shm and belongs to interproc. Looks only: takes no lock, changes nothing.

  --all    also doorbells, listeners and what belongs to others
  --json   a document as docs/cli.md describes it
`;

function pidsOf(object: ObjectReport): string {
  const pids = [...new Set(object.participants.map(({ pid }) => pid))];
  if (pids.length > 4) return `${object.participants.length} (${pids.length} processes)`;
  return pids.length === 0 ? '-' : pids.join(' ');
}

function depthOf({ channels }: ObjectReport): string {
  return channels.length === 0 ? '-' : channels.map(({ messages }) => messages).join(' + ');
}

export function heldBy(lock: LockReport): string {
  if (lock.holder === null) return 'free';
  const who = lock.holder.alive ? `pid ${lock.holder.pid}` : 'a dead participant';
  return lock.heldMs === null ? who : `${who} for ${span(lock.heldMs)}`;
}

/** Why somebody would look at this one. */
export function remarks(object: ObjectReport): string {
  const { state, reason, locks, participants, details } = object;
  const said: string[] = [];
  if (state !== 'ok') said.push(`${state}: ${reason}`);
  for (const lock of locks)
    if (lock.holder !== null) said.push(`${lock.role} held by ${heldBy(lock)}`);
  for (const { pid, processState } of participants)
    if (processState === 'stopped' || processState === 'zombie')
      said.push(`pid ${pid} is ${processState}`);
  if (object.channels.some(({ shutDown }) => shutDown)) said.push('shut down');
  if (details['state'] === 'broken') said.push('broken');
  if (object.persist) said.push('persists');
  if (object.abandoned) said.push('abandoned');
  if (object.changing) said.push('being attached or detached');
  return [...new Set(said)].join(', ');
}

const columns: readonly Column<ObjectReport>[] = [
  { title: 'NAME', cell: ({ name }) => name },
  { title: 'KIND', cell: ({ kind }) => kind },
  { title: 'SIZE', right: true, cell: ({ size }) => bytes(size) },
  { title: 'IN USE', right: true, cell: ({ allocated }) => bytes(allocated) },
  { title: 'PIDS', cell: pidsOf },
  { title: 'DEPTH', right: true, cell: depthOf },
  {
    title: 'WAIT',
    right: true,
    cell: ({ waiters }) => String(waiters.reduce((sum, { count }) => sum + count, 0)),
  },
  { title: '', cell: remarks },
];

function rest({ doorbells, others }: DirectoryReport): string[] {
  const bells = doorbells.map(
    ({ file, alive }) => `${file}  doorbell, ${alive ? 'alive' : 'dead'}`,
  );
  const listeners = lookForListeners().map(
    ({ directory, bound }) => `${directory}  listener, ${bound ? 'bound' : 'not seen to be bound'}`,
  );
  const foreign = others.map(
    ({ file, size, owner }) => `${file}  not ours, ${bytes(size)}, user ${owner}`,
  );
  return [...bells, ...listeners, ...foreign].map(printable);
}

export function ls(args: readonly string[]): number {
  const given = readArguments(args, { all: 'boolean', json: 'boolean' }, 0);
  const report = lookAround();
  if (given.flag('json')) {
    const { objects, doorbells, others } = report;
    const more = given.flag('all') ? { listeners: lookForListeners(), others } : {};
    console.log(JSON.stringify({ schema: 1, objects, doorbells, ...more }, null, 2));
    return exitCodes.ok;
  }
  if (report.objects.length === 0) console.log('no objects in /dev/shm');
  else console.log(table(columns, report.objects));
  if (given.flag('all')) for (const line of rest(report)) console.log(line);
  return exitCodes.ok;
}
