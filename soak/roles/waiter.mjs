import { attach } from '../../dist/index.js';
import { Entry } from '../journal.mjs';

/** Waits for the event, without a limit: at the end it is set for good. */
export async function play({ settings, given, journal, random, inTime, pausing }) {
  const event = attach(given.event);
  journal.write(Entry.ready);
  while (inTime()) {
    journal.write(Entry.enter);
    const set = settings.form === 'sync' ? event.waitSync() : await event.wait();
    if (set !== true) throw new Error(`wait() without a limit said ${set}`);
    journal.write(Entry.entered);
    await pausing(random.below(settings.pause + 1));
  }
  event.close();
}
