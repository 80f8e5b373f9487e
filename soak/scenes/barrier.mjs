import { Barrier, RawValue } from '../../dist/index.js';
import { settleBarrier } from '../barrier-ledger.mjs';
import { patienceWithDeaths } from '../crew.mjs';
import { Entry } from '../journal.mjs';

/** Parties of a barrier. Nobody passes before all have arrived, and who is killed while waiting breaks it for the others. */
export async function play(crew, { settings }, name) {
  const barrier = new Barrier(settings.parties, { name });
  const epochs = RawValue('i', 1, { name: `${name}-epochs` });
  const state = () =>
    `epoch ${epochs.value}, ${barrier.nWaiting} of ${barrier.parties} wait, ${barrier.broken ? '' : 'not '}broken`;
  const broken = new Set(); // epochs in which somebody was killed
  let aborted = 0;
  /** Those who were killed and have nobody in their place yet. */
  let vacant = [];

  /** When the survivors have all met the broken barrier it is made whole, and the next epoch begins. */
  async function mend(member) {
    vacant.push(member.seat);
    const epoch = epochs.value;
    broken.add(epoch);
    if (vacant.length > 1) return; // whoever was first looks after the others as well
    let since;
    await crew.until(
      'the survivors of a barrier',
      () => {
        const waiting = crew.living().filter((one) => !metTheEnd(one.read(), epoch));
        if (waiting.length === 0) return true;
        // Who was killed outside wait() breaks nothing. All the others wait then, and nobody counts the dead one among them.
        const asleep =
          waiting.every((one) => lastEntry(one.read()) === Entry.arrive) &&
          barrier.nWaiting === waiting.length &&
          waiting.length === crew.living().length &&
          !barrier.broken;
        since = asleep ? (since ?? performance.now()) : undefined;
        if (since !== undefined && performance.now() - since > 1000) {
          aborted++;
          barrier.abort();
        }
        return false;
      },
      state,
      patienceWithDeaths,
    );
    barrier.reset();
    const seats = vacant;
    vacant = [];
    for (const seat of seats) crew.start(seat);
    epochs.value = epoch + 1;
  }

  try {
    await crew.begin({
      given: () => ({ barrier: barrier.handle, epochs: epochs.handle }),
      restart: mend,
    });
    await crew.over(state);
    await crew.ended('party', state);
    const parts = crew.members.map(({ id, diedAt, read }) => ({ id, diedAt, journal: read() }));
    const { rounds, faults } = settleBarrier(parts, {
      parties: settings.parties,
      mayBreak: (epoch) => broken.has(epoch) || epoch === epochs.value,
    });
    return {
      faults,
      counts: { 'barrier rounds': rounds, 'barriers broken': broken.size, aborted },
    };
  } finally {
    barrier.close();
    epochs.close();
  }
}

const lastEntry = (journal) => journal.at(-4);

/** Whether a party is not in this epoch's barrier and will not be any more. */
function metTheEnd(journal, epoch) {
  const kind = journal.at(-4);
  return kind === Entry.broken && journal.at(-3) === epoch;
}
