// Who met whom at a barrier, from the journals of its parties.
import { Entry, entriesOf } from './journal.mjs';

/**
 * @param {{ id: number, journal: Uint32Array }[]} parts
 * @param {{ parties: number, mayBreak: (epoch: number) => boolean }} options in which epochs somebody was killed, or the time was over
 */
export function settleBarrier(parts, { parties, mayBreak }) {
  const faults = [];
  const rounds = new Map();
  for (const { id, journal } of parts) {
    for (const [kind, epoch, time, index] of entriesOf(journal)) {
      if (kind !== Entry.arrive && kind !== Entry.pass && kind !== Entry.broken) continue;
      const key = `${epoch}.${time}`;
      const round = rounds.get(key) ?? { arrived: 0, indices: [] };
      rounds.set(key, round);
      if (kind === Entry.arrive) round.arrived++;
      else if (kind === Entry.pass) round.indices.push(index);
      else if (!mayBreak(epoch))
        faults.push(`party ${id}: round ${key} broke, and nobody had died`);
    }
  }
  let passed = 0;
  for (const [key, { arrived, indices }] of rounds) {
    if (indices.length === 0) continue;
    passed++;
    if (arrived !== parties)
      faults.push(`round ${key}: ${indices.length} passed, and ${arrived} of ${parties} had come`);
    const distinct = new Set(indices);
    if (distinct.size < indices.length || indices.some((index) => index >= parties))
      faults.push(`round ${key}: its indices were ${indices.join(', ')}`);
  }
  return { rounds: passed, faults };
}
