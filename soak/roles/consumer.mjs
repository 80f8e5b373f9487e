import { attach } from '../../dist/index.js';
import { checkItem } from '../items.mjs';
import { Ending, Entry } from '../journal.mjs';
import { itemOf } from '../loans.mjs';

const batchMost = 16;

/** Takes until the queue is shut down and drained. Each item is checked and entered, and finished where the queue counts that. */
export async function play({ settings, given, journal, random, pausing }) {
  const { form, pause, mix, loans } = settings;
  const queue = attach(given.queue);
  journal.write(Entry.ready);
  const takes = {
    sync: () => [queue.getSync()],
    promise: async () => [await queue.get()],
    timed: () => [queue.getSync({ timeout: random.below(20) })],
    abort: async () => [await queue.get({ signal: AbortSignal.timeout(random.between(1, 20)) })],
    many: () => (random.chance(50) ? queue.getMany(batchMost) : queue.getManySync(batchMost)),
  };
  const enter = (items) => {
    // In one piece: either all of the call is entered or, by who is killed, none.
    journal.writeAll([...items.map(({ p, n }) => [Entry.got, p, n]), [Entry.gotNothing]]);
    for (const item of items) checkItem(item, mix);
    if (given.kind === 'joinable') for (const _ of items) finish();
  };
  const finish = () => {
    journal.write(Entry.finish);
    queue.taskDone();
    journal.write(Entry.finished);
  };
  if (form === 'iterate') {
    journal.write(Entry.get, 1);
    for await (const item of queue) {
      enter([item]);
      if (pause > 0) await pausing(random.below(pause));
      journal.write(Entry.get, 1);
    }
    journal.write(Entry.gotNothing);
    return journal.write(Entry.end, Ending.shutDown);
  }
  const takeLoan = async () => {
    const loan = form === 'sync' ? queue.getLoanSync() : await queue.getLoan();
    enter([itemOf(loan)]);
    loan.release();
  };
  for (;;) {
    journal.write(Entry.get, form === 'many' ? batchMost : 1);
    try {
      if (loans) await takeLoan();
      else enter(await takes[form]());
    } catch (error) {
      if (!['ERR_QUEUE_EMPTY', 'ABORT_ERR', 'ERR_QUEUE_SHUTDOWN'].includes(error.code)) throw error;
      journal.write(Entry.gotNothing);
      if (error.code === 'ERR_QUEUE_SHUTDOWN') return journal.write(Entry.end, Ending.shutDown);
    }
    if (pause > 0) await pausing(random.below(pause));
  }
}
