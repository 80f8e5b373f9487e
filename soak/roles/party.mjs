import { attach } from '../../dist/index.js';
import { Entry, millisecond } from '../journal.mjs';

/** Meets the others at the barrier. Where it breaks, waits for the next epoch, which the conductor begins once the barrier is reset. */
export async function play({ settings, given, journal, random, inTime, pausing }) {
  const barrier = attach(given.barrier);
  const epochs = attach(given.epochs);
  const sync = settings.form === 'sync';
  journal.write(Entry.ready);
  let epoch = 0;
  while (inTime()) {
    if (epochs.value === epoch) {
      await pausing(2);
      continue;
    }
    epoch = epochs.value;
    await meet();
  }
  // The others are not to wait for one who does not come any more.
  barrier.abort();
  barrier.close();
  epochs.close();

  async function meet() {
    for (let time = 0; inTime(); time++) {
      // The others wait meanwhile, and may be killed while they do.
      if (settings.pause > 0) await pausing(random.below(settings.pause));
      journal.write(Entry.arrive, epoch, time, millisecond());
      try {
        const index = sync ? barrier.waitSync() : await barrier.wait();
        journal.write(Entry.pass, epoch, time, index);
      } catch (error) {
        if (error.code !== 'ERR_BARRIER_BROKEN') throw error;
        journal.write(Entry.broken, epoch, time);
        return;
      }
    }
  }
}
