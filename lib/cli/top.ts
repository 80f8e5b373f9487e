import { setTimeout as delay } from 'node:timers/promises';
import { lookAround } from './directory.js';
import { remarks } from './ls.js';
import type { LockReport, ObjectReport } from './report.js';
import { type Column, table } from './table.js';
import { bytes, rate } from './units.js';
import { exitCodes, readArguments, readWhole } from './usage.js';

export const help = `interproc top [--interval MS] [--count N] [--json]

Shows objects again and again: how much is queued, how fast it comes and goes, who waits and who holds.
Looks only: takes no lock, changes nothing. Ends with Ctrl+C, or after --count times.

  --interval MS   milliseconds from one look to the next, 50 to 3600000 (1000)
  --count N       how many looks
  --json          one line of JSON for each look, as docs/cli.md describes it
`;

/** An object and what has changed since the look before. */
export interface Traffic {
  readonly object: ObjectReport;
  /** Messages in a second, both directions of a pipe together. `null` at the first look, and for what has no messages. */
  readonly putsPerSecond: number | null;
  readonly getsPerSecond: number | null;
}

interface Earlier {
  readonly at: number;
  readonly channels: ObjectReport['channels'];
}

/** Compares each look with the one before. */
export class Observer {
  readonly #earlier = new Map<string, Earlier>();
  readonly #held = new Map<string, number>();

  /** `now` is milliseconds of a clock that is never stepped. */
  observe(objects: readonly ObjectReport[], now: number): Traffic[] {
    const traffic = objects.map((object) => this.#compare(object, now));
    this.#earlier.clear();
    for (const object of objects)
      this.#earlier.set(identity(object), { at: now, channels: object.channels });
    const held = new Set(objects.flatMap((one) => one.locks.map((lock) => holding(one, lock))));
    for (const key of this.#held.keys()) if (!held.has(key)) this.#held.delete(key);
    return traffic;
  }

  #compare(object: ObjectReport, now: number): Traffic {
    const before = this.#earlier.get(identity(object));
    const locks = object.locks.map((lock) => this.#timed(object, lock, now));
    const speed = (counter: 'put' | 'taken') => {
      if (before === undefined || object.channels.length === 0) return null;
      const seconds = Math.max(1, now - before.at) / 1000;
      let sum = 0;
      object.channels.forEach((channel, i) => {
        const moved = channel[counter] - (before.channels[i]?.[counter] ?? channel[counter]);
        sum += moved < 0 ? moved + channel.modulus : moved;
      });
      return sum / seconds;
    };
    return {
      object: { ...object, locks },
      putsPerSecond: speed('put'),
      getsPerSecond: speed('taken'),
    };
  }

  /** A lock that does not say since when it is held was held at least since it was first seen so. */
  #timed(object: ObjectReport, lock: LockReport, now: number): LockReport {
    if (lock.holder === null || lock.heldMs !== null) return lock;
    const key = holding(object, lock);
    const first = this.#held.get(key) ?? now;
    this.#held.set(key, first);
    return { ...lock, heldMs: Math.round(now - first) };
  }
}

/** A name that was removed and taken again is another object. */
function identity({ path, createdAt, owner }: ObjectReport): string {
  return `${path} ${createdAt} ${owner}`;
}

function holding(object: ObjectReport, { role, holder }: LockReport): string {
  return `${identity(object)} ${role} ${holder?.slot} ${holder?.pid}`;
}

function total(object: ObjectReport, of: 'messages' | 'bytes' | 'largeBytes'): number {
  return object.channels.reduce((sum, channel) => sum + channel[of], 0);
}

const none = (object: ObjectReport) => object.channels.length === 0;
const columns: readonly Column<Traffic>[] = [
  { title: 'NAME', cell: ({ object }) => object.name },
  { title: 'KIND', cell: ({ object }) => object.kind },
  {
    title: 'DEPTH',
    right: true,
    cell: ({ object }) => (none(object) ? '-' : String(total(object, 'messages'))),
  },
  {
    title: 'BYTES',
    right: true,
    cell: ({ object }) =>
      none(object) ? '-' : bytes(total(object, 'bytes') + total(object, 'largeBytes')),
  },
  {
    title: 'PUT/s',
    right: true,
    cell: ({ putsPerSecond }) => (putsPerSecond === null ? '-' : rate(putsPerSecond)),
  },
  {
    title: 'GET/s',
    right: true,
    cell: ({ getsPerSecond }) => (getsPerSecond === null ? '-' : rate(getsPerSecond)),
  },
  { title: 'USERS', right: true, cell: ({ object }) => String(object.participants.length) },
  {
    title: 'WAIT',
    right: true,
    cell: ({ object }) => String(object.waiters.reduce((sum, { count }) => sum + count, 0)),
  },
  { title: '', cell: ({ object }) => remarks(object) },
];

export async function top(args: readonly string[]): Promise<number> {
  const given = readArguments(args, { interval: 'string', count: 'string', json: 'boolean' }, 0);
  const interval = readWhole(given.text('interval') ?? '1000', 'interval', 50, 3_600_000);
  const times = given.text('count');
  const count = times === undefined ? Infinity : readWhole(times, 'count', 1, 1e9);
  const observer = new Observer();
  for (let look = 0; look < count; look++) {
    if (look > 0) await delay(interval);
    const traffic = observer.observe(lookAround().objects, performance.now());
    const at = new Date().toISOString();
    if (given.flag('json')) {
      console.log(JSON.stringify({ schema: 1, at, objects: traffic }));
      continue;
    }
    const head = `${at}  ${traffic.length} objects`;
    const text = `${head}\n${table(columns, traffic)}`;
    // A terminal is drawn again from its upper left corner; a file gets one block after the other.
    console.log(process.stdout.isTTY === true ? `\u001b[H\u001b[J${text}` : `${text}\n`);
  }
  return exitCodes.ok;
}
