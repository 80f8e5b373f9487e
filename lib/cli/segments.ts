import { getSystemErrorName } from 'node:util';
import type { Look, SegmentLook } from '../../binding.js';
import { binding } from '../addon.js';
import { type ProcessFacts, processFacts } from './processes.js';
import type {
  ChannelReport,
  LockReport,
  ObjectReport,
  ParticipantReport,
  WaiterReport,
} from './report.js';

const kinds = [
  'unknown',
  'queue',
  'pipe',
  'cell',
  'lock',
  'priority-queue',
  'semaphore',
  'event',
  'condition',
  'barrier',
] as const;
const codecs: Readonly<Record<number, string>> = { 0: 'raw', 1: 'msgpack', 2: 'v8', 3: 'json' };
const noMeta: Readonly<Record<string, unknown>> = {};
/** A record counter of a ring has 28 bits, a priority queue's sequence what a double holds. */
const ringModulus = 2 ** 28;

/** What stands in the segment of this name, without taking part in it. */
export function lookAtSegment(name: string, processes: ProcessCache = new Map()): ObjectReport {
  return segmentReport(name, binding.lookAt(name), processes);
}

/** What /proc said of a process, for as long as one command looks. */
export type ProcessCache = Map<string, ProcessFacts | undefined>;

export function iso(milliseconds: number): string | null {
  const date = new Date(milliseconds);
  return milliseconds > 0 && !Number.isNaN(date.getTime()) ? date.toISOString() : null;
}

export function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

function since(milliseconds: number): number | null {
  return milliseconds > 0 ? Math.max(0, Math.round(Date.now() - milliseconds)) : null;
}

/** What keeps a look from being `ok`. */
export function trouble({ code, reason }: Look): Pick<ObjectReport, 'state' | 'reason'> {
  if (code === '') return { state: 'ok', reason: null };
  if (code.startsWith('SYSTEM:')) {
    const name = getSystemErrorName(-Number(code.slice('SYSTEM:'.length)));
    return { state: 'unreadable', reason: name };
  }
  return { state: code === 'ERR_CORRUPT_SEGMENT' ? 'damaged' : 'foreign', reason };
}

function parsed(meta: string): unknown {
  try {
    return JSON.parse(meta);
  } catch {
    return meta === '' ? null : meta;
  }
}

function kindOf(look: SegmentLook, options: unknown): string {
  const kind = kinds[look.kind] ?? 'unknown';
  const meta =
    typeof options === 'object' && options !== null ? (options as typeof noMeta) : noMeta;
  const said = meta['kind'];
  if (kind === 'queue') return said === 'joinable-queue' || said === 'simple-queue' ? said : kind;
  if (kind === 'cell') return said === 'array' ? 'array' : 'value';
  if (kind === 'lock') return meta['recursive'] === true ? 'rlock' : kind;
  if (kind === 'semaphore') return meta['bounded'] === true ? 'bounded-semaphore' : kind;
  return kind;
}

function participantsOf(look: SegmentLook, cache: ProcessCache): ParticipantReport[] {
  return look.participants.map(({ slot, pid, startTime, attachedAt }) => {
    const key = `${pid} ${startTime}`;
    if (!cache.has(key)) cache.set(key, processFacts(pid, startTime));
    const facts = cache.get(key);
    return {
      slot,
      pid,
      command: facts?.command ?? null,
      processState: facts?.state ?? null,
      processAgeMs: facts?.ageMs ?? null,
      attachedAt: iso(attachedAt),
      attachedMs: since(attachedAt),
    };
  });
}

function locksOf(look: SegmentLook, pidOf: (slot: number) => number | null): LockReport[] {
  return look.locks.map(({ role, held, alive, slot, depth, acquiredAt }) => ({
    role,
    holder: held ? { slot, pid: alive ? pidOf(slot) : null, alive } : null,
    depth: held ? Math.max(1, depth) : 0,
    heldSince: iso(acquiredAt),
    heldMs: since(acquiredAt),
  }));
}

function waitersOf(look: SegmentLook, pidOf: (slot: number) => number | null): WaiterReport[] {
  const asleep = look.waits.flatMap(({ role, slots }) =>
    slots.map((slot) => ({ for: role, slot, pid: pidOf(slot), count: 1 })),
  );
  // Conditions and barriers count waits themselves, those on their way to sleep as well.
  const counted = look.counts
    .filter(({ role, alive }) => role === 'waiting' && alive)
    .map(({ slot, count }) => ({ for: 'waiting', slot, pid: pidOf(slot), count }));
  const own = new Set(counted.length > 0 ? ['notified', 'over'] : []);
  return [...asleep.filter((one) => !own.has(one.for)), ...counted];
}

function channelsOf(look: SegmentLook): ChannelReport[] {
  const names = Object.keys(look.groups).filter((name) => name.startsWith('channel'));
  const modulus = kinds[look.kind] === 'priority-queue' ? Number.MAX_SAFE_INTEGER : ringModulus;
  return names.map((name) => {
    const of = (fact: string) => look.groups[name]?.[fact] ?? 0;
    const direction = { 'channel 0': 'end 0 to end 1', 'channel 1': 'end 1 to end 0' }[name];
    return {
      name: direction ?? 'items',
      messages: of('messages'),
      bytes: of('bytes'),
      largeBytes: of('largeBytes'),
      capacity: of('capacity'),
      maxItems: of('maxItems') || null,
      maxBytes: of('maxBytes') || null,
      shutDown: of('state') !== 0,
      put: of('put'),
      taken: of('taken'),
      modulus,
    };
  });
}

const endStates = ['free', 'owned', 'sent', 'closed'];
const barrierStates = ['filling', 'action runs', 'broken'];

function detailsOf(
  look: SegmentLook,
  pidOf: (slot: number) => number | null,
): ObjectReport['details'] {
  const details: Record<string, number | string | boolean | null> = {};
  const { groups } = look;
  for (const [name, facts] of Object.entries(groups)) {
    const { state = 0, slot = 0, actor = -1 } = facts;
    if (name === 'end 0' || name === 'end 1') {
      details[name] = endStates[state] ?? 'unknown';
      details[`${name} owner`] = facts['alive'] === 1 ? pidOf(slot) : null;
    } else if (name === 'barrier') {
      const { parties = 0, arrived = 0, round = 0 } = facts;
      const runner = actor < 0 ? null : pidOf(actor);
      Object.assign(details, {
        parties,
        arrived,
        state: barrierStates[state] ?? 'unknown',
        round,
        actor: runner,
      });
    } else if (name === 'event') {
      Object.assign(details, { set: facts['set'] === 1, timesSet: facts['times'] ?? 0 });
    } else if (name === 'semaphore') {
      const { value = -1, initial = 0, blocked = 0 } = facts;
      const foreign = state === 2;
      Object.assign(details, {
        value: value < 0 ? null : value,
        initial: foreign ? null : initial,
        blocked,
        foreign,
      });
    } else if (!name.startsWith('channel')) {
      Object.assign(details, facts);
    }
  }
  return details;
}

function segmentReport(name: string, look: SegmentLook, cache: ProcessCache): ObjectReport {
  const { state, reason } = trouble(look);
  const readable = state === 'ok';
  const damaged = look.findings.length > 0;
  const options = readable ? parsed(look.meta) : null;
  const participants = participantsOf(look, cache);
  const pids = new Map(participants.map(({ slot, pid }) => [slot, pid]));
  const pidOf = (slot: number) => pids.get(slot) ?? null;
  return {
    name,
    kind: readable ? kindOf(look, options) : 'unknown',
    path: `/dev/shm/interproc.${name}`,
    state: readable && damaged ? 'damaged' : state,
    reason: readable && damaged ? (look.findings[0] ?? null) : reason,
    findings: look.findings,
    size: look.file.size,
    allocated: look.file.allocated,
    owner: look.file.owner,
    mode: octal(look.file.mode),
    createdAt: iso(look.file.born),
    creator: look.creator || null,
    persist: look.persist,
    unused: look.unused,
    abandoned: look.unused && !look.persist && look.file.owner === process.geteuid?.(),
    changing: look.adminHeld,
    layoutVersion: readable ? look.layoutVersion : null,
    codec: readable ? (codecs[look.codec] ?? 'own') : null,
    options,
    participants,
    locks: locksOf(look, pidOf),
    waiters: waitersOf(look, pidOf),
    channels: channelsOf(look),
    unfinished: look.counts
      .filter(({ role }) => role === 'unfinished')
      .map(({ slot, count, alive }) => ({ slot, pid: alive ? pidOf(slot) : null, alive, count })),
    details: detailsOf(look, pidOf),
  };
}
