import { attach } from '../../dist/index.js';
import { Entry } from '../journal.mjs';

/** Sets the event and clears it again. */
export async function play({ settings, given, journal, random, inTime, pausing }) {
  const event = attach(given.event);
  journal.write(Entry.ready);
  while (inTime()) {
    journal.write(Entry.enter);
    event.set();
    if (random.chance(50)) await pausing(random.below(settings.pause + 1));
    event.clear();
    journal.write(Entry.left);
    await pausing(random.below(settings.pause + 1));
  }
  event.close();
}
