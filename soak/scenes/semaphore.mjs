import { BoundedSemaphore, RawValue, Semaphore } from '../../dist/index.js';
import { countOf, Entry } from '../journal.mjs';

/** Holders of permits. There are never more than permits, and exactly those of the killed are missing at the end. */
export async function play(crew, { settings }, name) {
  const { bounded, permits } = settings;
  const semaphore = new (bounded ? BoundedSemaphore : Semaphore)(permits, { name });
  const inside = RawValue('i', 0, { name: `${name}-inside` });
  const state = () => `${semaphore.getValue()} of ${permits} permits, ${inside.value} inside`;
  try {
    await crew.begin({
      given: () => ({ semaphore: semaphore.handle, inside: inside.handle, permits }),
    });
    await crew.over(state);
    await crew.ended('holder', state);
    const faults = [];
    let least = 0;
    let most = 0;
    let held = 0;
    for (const { id, killed, read } of crew.members) {
      const journal = read();
      held += countOf(journal, Entry.entered);
      const last = journal.at(-4);
      const sure = last === Entry.entered;
      const perhaps = last === Entry.enter || last === Entry.leave;
      if (sure) least++;
      if (sure || perhaps) most++;
      if (!killed && (sure || perhaps)) faults.push(`holder ${id} ended by itself with a permit`);
    }
    const missing = permits - semaphore.getValue();
    if (missing < least || missing > most)
      faults.push(`${missing} permits are missing, and ${least} to ${most} went with the killed`);
    // What it counts can be had, and no more.
    for (let n = permits - missing; n > 0; n--) {
      if (semaphore.acquireSync({ timeout: 0 }) === null)
        faults.push('a permit that cannot be had');
    }
    if (semaphore.acquireSync({ timeout: 0 }) !== null) faults.push('a permit too many');
    return { faults, counts: { permits: held } };
  } finally {
    semaphore.close();
    inside.close();
  }
}
