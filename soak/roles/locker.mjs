import { attach } from '../../dist/index.js';
import { comeIn, count, goOut } from '../cells.mjs';
import { Entry } from '../journal.mjs';

/** Takes the lock again and again, and changes under it what nobody else may change meanwhile. */
export async function play({ id, settings, given, journal, random, inTime, pausing }) {
  const { form, depth, pause } = settings;
  const cells = attach(given.cells);
  const lock = given.lock === undefined ? cells : attach(given.lock);
  journal.write(Entry.ready);
  const takes = {
    sync: () => lock.acquireSync(),
    promise: () => lock.acquire(),
    timed: () => lock.acquireSync({ timeout: random.below(10) }),
    abort: () => abortable(lock, random.between(1, 10)),
  };
  while (inTime()) {
    journal.write(Entry.enter);
    const guard = await takes[form]();
    if (guard === null) journal.write(Entry.gaveUp);
    else await inside(guard.abandoned);
    if (pause > 0) await pausing(random.below(3));
  }
  cells.close();
  if (lock !== cells) lock.close();

  async function inside(abandoned) {
    journal.write(Entry.entered, abandoned ? 1 : 0);
    comeIn(cells, id, abandoned);
    // Deeper ones of an RLock.
    for (let level = 1; level < depth; level++) lock.acquireSync();
    count(cells, id);
    if (form === 'promise' && random.chance(10)) await pausing(random.below(3));
    for (let level = 1; level < depth; level++) lock.release();
    goOut(cells, id);
    journal.write(Entry.leave);
    lock.release();
    journal.write(Entry.left);
  }
}

/** `null` where the wait was aborted. */
async function abortable(lock, milliseconds) {
  try {
    return await lock.acquire({ signal: AbortSignal.timeout(milliseconds) });
  } catch (error) {
    if (error.code === 'ABORT_ERR') return null;
    throw error;
  }
}
