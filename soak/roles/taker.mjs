import { attach } from '../../dist/index.js';
import { Entry } from '../journal.mjs';
import { stopped, take, tokens } from '../tokens.mjs';

/** Waits for tokens and takes them, until there will be no more. */
export async function play({ id, settings, given, journal, random, pausing }) {
  const condition = attach(given.condition);
  const cells = attach(given.cells);
  const some = () => tokens(cells) > 0 || stopped(cells);
  journal.write(Entry.ready);
  for (;;) {
    journal.write(Entry.enter);
    if (settings.form === 'sync') {
      condition.acquireSync();
      condition.waitForSync(some);
    } else {
      await condition.acquire();
      await condition.waitFor(some);
    }
    const over = tokens(cells) === 0;
    if (!over) take(cells, id);
    condition.release();
    if (over) break;
    journal.write(Entry.left);
    if (settings.pause > 0 && random.chance(10)) await pausing(random.below(settings.pause));
  }
  condition.close();
  cells.close();
}
