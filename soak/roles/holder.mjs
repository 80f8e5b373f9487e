import { attach } from '../../dist/index.js';
import { Entry } from '../journal.mjs';

/** Holds permits of a semaphore, and sees that there are never more inside than permits. The permits of the dead stay taken. */
export async function play({ settings, given, journal, random, inTime, pausing }) {
  const { form, pause } = settings;
  const semaphore = attach(given.semaphore);
  const inside = attach(given.inside);
  journal.write(Entry.ready);
  while (inTime()) {
    const timeout = random.between(1, 100);
    journal.write(Entry.enter);
    const got = await (form === 'sync'
      ? semaphore.acquireSync({ timeout })
      : semaphore.acquire({ timeout }));
    if (got === null) {
      journal.write(Entry.gaveUp);
      continue;
    }
    journal.write(Entry.entered);
    // Counted after the permit was got and until before it is given back: the dead ones in this count have kept theirs.
    const others = inside.add(1);
    if (others >= given.permits)
      throw new Error(`${others + 1} inside a semaphore of ${given.permits}`);
    if (pause > 0) await pausing(random.below(3));
    inside.sub(1);
    journal.write(Entry.leave);
    semaphore.release();
    journal.write(Entry.left);
  }
  semaphore.close();
  inside.close();
}
