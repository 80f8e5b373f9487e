import { lstatSync, readdirSync } from 'node:fs';
import { binding } from '../addon.js';
import type { ObjectReport } from './report.js';
import { iso, lookAtSegment, octal, type ProcessCache, trouble } from './segments.js';

const directory = '/dev/shm';
const segmentPrefix = 'interproc.';
const markerPrefix = 'interproc-memory.';
const doorbellPrefix = 'interproc-bell.';

/** A FIFO that an event loop sleeps on. */
export interface DoorbellReport {
  readonly file: string;
  readonly alive: boolean;
}

/** The mark beside bare memory that was made here and is not to persist. */
export interface MarkerReport {
  readonly file: string;
  readonly name: string;
  /** What it names is gone, or another file. */
  readonly stale: boolean;
}

/** A file in /dev/shm that no object of ours accounts for. */
export interface OtherReport {
  readonly file: string;
  readonly size: number;
  readonly owner: number;
}

export interface DirectoryReport {
  readonly objects: readonly ObjectReport[];
  readonly doorbells: readonly DoorbellReport[];
  readonly markers: readonly MarkerReport[];
  readonly others: readonly OtherReport[];
}

/** Bare memory of this name: a file whose bytes are its users' own. */
export function lookAtMemory(name: string): ObjectReport {
  const look = binding.lookAtMemory(name);
  const { state, reason } = trouble(look);
  const ours = look.marked || look.held;
  return {
    name,
    kind: 'memory',
    path: `${directory}/${name}`,
    state,
    reason,
    findings: [],
    size: look.file.size,
    allocated: look.file.allocated,
    owner: look.file.owner,
    mode: octal(look.file.mode),
    createdAt: iso(look.file.born),
    creator: null,
    persist: ours && !look.marked,
    unused: look.marked && !look.held,
    abandoned: look.marked && !look.held,
    changing: look.adminHeld,
    layoutVersion: null,
    codec: null,
    options: null,
    participants: [],
    locks: [],
    waiters: [],
    channels: [],
    unfinished: [],
    details: { marked: look.marked, attached: look.held },
  };
}

/** Whether bare memory is known to be ours: it has a marker, or somebody is attached to it through this library. */
export function isOurs(memory: ObjectReport): boolean {
  return memory.details['marked'] === true || memory.details['attached'] === true;
}

function present(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** The object that has the name: a segment, else bare memory (`memory` asks for that one). */
export function find(name: string, memory: boolean): ObjectReport | undefined {
  if (!memory && present(`${directory}/${segmentPrefix}${name}`)) return lookAtSegment(name);
  return present(`${directory}/${name}`) ? lookAtMemory(name) : undefined;
}

/** Everything in /dev/shm, by name. What goes while this looks is left out. */
export function lookAround(): DirectoryReport {
  const cache: ProcessCache = new Map();
  const objects: ObjectReport[] = [];
  const doorbells: DoorbellReport[] = [];
  const markers: MarkerReport[] = [];
  const rest: string[] = [];
  for (const file of readdirSync(directory)) {
    if (file.startsWith(segmentPrefix))
      objects.push(lookAtSegment(file.slice(segmentPrefix.length), cache));
    else if (file.startsWith(doorbellPrefix)) {
      const state = binding.doorbellState(file);
      if (state === 0) rest.push(file);
      else doorbells.push({ file, alive: state === 2 });
    } else if (file.startsWith(markerPrefix)) {
      const name = binding.nameInMarker(file);
      if (name === '') rest.push(file);
      else markers.push({ file, name, stale: lookAtMemory(name).details['marked'] !== true });
    } else rest.push(file);
  }
  const semaphores = new Set(
    objects.filter(({ kind }) => kind.endsWith('semaphore')).map(({ name }) => `sem.${name}`),
  );
  const others: OtherReport[] = [];
  for (const file of rest) {
    if (semaphores.has(file)) continue;
    const memory = file.startsWith('sem.') ? undefined : lookAtMemory(file);
    if (memory !== undefined && isOurs(memory)) objects.push(memory);
    else {
      const about = lstatSync(`${directory}/${file}`, { throwIfNoEntry: false });
      if (about !== undefined) others.push({ file, size: about.size, owner: about.uid });
    }
  }
  const gone = (object: ObjectReport) => object.reason === 'ENOENT';
  const byName = (a: { name: string }, b: { name: string }) =>
    a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
  const here = objects.filter((object) => !gone(object)).sort(byName);
  return { objects: here, doorbells, markers, others };
}
