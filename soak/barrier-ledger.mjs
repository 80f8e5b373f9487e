// Who met whom at a barrier, from the journals of its parties.
import { Entry, entriesOf } from './journal.mjs';

/**
 * @param {{ id: number, diedAt?: number, journal: Uint32Array }[]} parts `diedAt`: when it was known to be dead, where it was killed
 * @param {{ parties: number, mayBreak: (epoch: number) => boolean }} options in which epochs somebody was killed, or the time was over
 */
export function settleBarrier(parts, { parties, mayBreak }) {
  const faults = [];
  const rounds = new Map();
  for (const { id, diedAt, journal } of parts) {
    let open;
    for (const [kind, epoch, time, number] of entriesOf(journal)) {
      if (kind !== Entry.arrive && kind !== Entry.pass && kind !== Entry.broken) continue;
      const key = `${epoch}.${time}`;
      const round = rounds.get(key) ?? { arrived: 0, latest: undefined, indices: [], deaths: [] };
      rounds.set(key, round);
      open = kind === Entry.arrive ? round : undefined;
      if (kind === Entry.arrive) {
        round.arrived++;
        if (round.latest === undefined || isLater(number, round.latest)) round.latest = number;
      } else if (kind === Entry.pass) round.indices.push(number);
      else if (!mayBreak(epoch))
        faults.push(`party ${id}: round ${key} broke, and nobody had died`);
    }
    if (diedAt !== undefined) open?.deaths.push({ id, diedAt });
  }
  let passed = 0;
  for (const [key, { arrived, latest, indices, deaths }] of rounds) {
    if (indices.length === 0) continue;
    passed++;
    if (arrived !== parties)
      faults.push(`round ${key}: ${indices.length} passed, and ${arrived} of ${parties} had come`);
    // Killed while it waited, or before it came: then the round breaks, or waits.
    for (const { id, diedAt } of deaths) {
      if (isLater(latest, diedAt))
        faults.push(`round ${key}: passed, though party ${id} had died before the last one came`);
    }
    const distinct = new Set(indices);
    if (distinct.size < indices.length || indices.some((index) => index >= parties))
      faults.push(`round ${key}: its indices were ${indices.join(', ')}`);
  }
  return { rounds: passed, faults };
}

/** Of two moments in milliseconds and 32 bits. */
function isLater(one, other) {
  return ((one - other) | 0) > 0;
}
