import { attach } from '../../dist/index.js';
import { makeItem, priorityOf } from '../items.mjs';
import { Entry } from '../journal.mjs';
import { fillLoan } from '../loans.mjs';

const batchMost = 12;

/** Puts its items 0, 1, 2, … An item that was refused is put again: had it gone in all the same, it would arrive twice. */
export async function play({ id, settings, given, journal, random, inTime, pausing }) {
  const { form, pause, mix, loans } = settings;
  const queue = attach(given.queue);
  const options = (n) => (given.kind === 'priority' ? { priority: priorityOf(id, n) } : {});
  journal.write(Entry.ready);
  const forms = {
    sync: (n) => queue.putSync(makeItem(id, n, mix), options(n)),
    promise: (n) => queue.put(makeItem(id, n, mix), options(n)),
    timed: (n) => queue.putSync(makeItem(id, n, mix), { ...options(n), timeout: random.below(20) }),
    abort: (n) =>
      queue.put(makeItem(id, n, mix), {
        ...options(n),
        signal: AbortSignal.timeout(random.between(1, 20)),
      }),
  };
  const inPlace = {
    sync(n) {
      const item = makeItem(id, n, mix);
      queue.putSync(fillLoan(queue.allocSync(item.body.length), item));
    },
    async promise(n) {
      const item = makeItem(id, n, mix);
      await queue.put(fillLoan(await queue.alloc(item.body.length), item));
    },
  };
  for (let n = 0; inTime(); ) {
    if (form === 'many') n += await batch(n);
    else {
      journal.write(Entry.put, n, 1);
      try {
        await (loans ? inPlace : forms)[form](n);
        journal.write(Entry.putDone, n, 1);
        n++;
      } catch (error) {
        if (error.code !== 'ERR_QUEUE_FULL' && error.code !== 'ABORT_ERR') throw error;
        journal.write(Entry.putRefused, n, 1);
      }
    }
    if (pause > 0 && random.chance(20)) await pausing(random.below(pause));
  }
  queue.close();

  async function batch(first) {
    // One call has one priority.
    const most = given.kind === 'priority' ? 1 : batchMost;
    const count = random.between(1, most);
    const items = Array.from({ length: count }, (_, index) => makeItem(id, first + index, mix));
    journal.write(Entry.put, first, count);
    if (random.chance(50)) await queue.putMany(items, options(first));
    else queue.putManySync(items, options(first));
    journal.write(Entry.putDone, first, count);
    return count;
  }
}
