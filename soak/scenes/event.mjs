import { Event } from '../../dist/index.js';
import { countOf, Entry } from '../journal.mjs';

/** One who sets and clears an event, and those who wait for it. At the end it is set, and nobody waits any more. */
export async function play(crew, _plan, name) {
  const event = new Event({ name });
  const state = () => `the event is ${event.isSet() ? '' : 'not '}set`;
  try {
    await crew.begin({ given: () => ({ event: event.handle }) });
    await crew.over(state);
    await crew.ended('setter', state);
    event.set();
    await crew.ended('waiter', state);
    const waits = crew.members.reduce((sum, { read }) => sum + countOf(read(), Entry.entered), 0);
    return { faults: [], counts: { 'event waits': waits } };
  } finally {
    event.close();
  }
}
