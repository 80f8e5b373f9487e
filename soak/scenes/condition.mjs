import { Condition, SharedArray } from '../../dist/index.js';
import { countOf, Entry } from '../journal.mjs';
import { madeBy, stop, takenBy, tokenCells, tokens } from '../tokens.mjs';

/** Makers of tokens and takers that wait for them. Each token is taken once, and no taker sleeps while there are some. */
export async function play(crew, { settings }, name) {
  const condition = new Condition(undefined, { name });
  const cells = new SharedArray('i', tokenCells, { name: `${name}-cells`, lock: false });
  const state = () => `${JSON.stringify(settings)}: ${tokens(cells)} tokens`;
  const tellAll = async (change) => {
    await condition.acquire();
    change?.();
    condition.notifyAll();
    condition.release();
  };
  try {
    await crew.begin({ given: () => ({ condition: condition.handle, cells: cells.handle }) });
    await crew.over(state);
    await crew.ended('maker', state);
    // A maker that was killed may not have told anybody of its last token.
    await tellAll();
    await crew.until('the last token', () => tokens(cells) === 0, state);
    await tellAll(() => stop(cells));
    await crew.ended('taker', state);
    const faults = [];
    let taken = 0;
    for (const { id, role, killed, read } of crew.members) {
      const journal = read();
      const counted = role === 'maker' ? madeBy(cells, id) : takenBy(cells, id);
      const left = countOf(journal, Entry.left);
      const begun = countOf(journal, Entry.enter);
      if (role === 'taker') taken += counted;
      if (counted < left || counted > (killed ? begun : left))
        faults.push(`${role} ${id} counted ${counted} tokens, and left ${left} times of ${begun}`);
    }
    return { faults, counts: { tokens: taken } };
  } finally {
    condition.close();
    cells.close();
  }
}
