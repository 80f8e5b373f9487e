import { attach } from '../../dist/index.js';
import { Entry } from '../journal.mjs';
import { make, tokens } from '../tokens.mjs';

const backlog = 1000;

/** Makes tokens, each with a notification for one taker. */
export async function play({ id, settings, given, journal, random, inTime, pausing }) {
  const condition = attach(given.condition);
  const cells = attach(given.cells);
  journal.write(Entry.ready);
  while (inTime()) {
    journal.write(Entry.enter);
    if (settings.form === 'sync') condition.acquireSync();
    else await condition.acquire();
    make(cells, id);
    const ahead = tokens(cells) > backlog;
    if (random.chance(5)) condition.notifyAll();
    else condition.notify();
    condition.release();
    journal.write(Entry.left);
    // Takers that sleep now and then are slower than makers.
    if (ahead) await pausing(10);
    if (settings.pause > 0 && random.chance(30)) await pausing(random.below(settings.pause));
  }
  condition.close();
  cells.close();
}
