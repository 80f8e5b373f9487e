import { Lock, RLock, SharedArray } from '../../dist/index.js';
import { accountOf, cellCount, comeIn, goOut, count, sumOfAccounts } from '../cells.mjs';
import { countOf, Entry, entriesOf } from '../journal.mjs';

/** Lockers that change words under a lock. Nobody is ever inside with another, and who died inside is known to the next. */
export async function play(crew, { settings }, name) {
  const lock = settings.kind === 'array' ? undefined : new classes[settings.kind]({ name });
  const cells = new SharedArray('i', cellCount, {
    name: `${name}-cells`,
    lock: lock === undefined,
  });
  const state = () => `halves ${cells[0]} and ${cells[1]}, inside is ${cells[2]}`;
  try {
    await crew.begin({ given: () => ({ cells: cells.handle, lock: lock?.handle }) });
    await crew.over(state);
    await crew.ended('locker', state);
    const faults = [];
    let told = await lookOnce(crew, lock ?? cells, cells);
    let entries = 0;
    for (const member of crew.members) {
      const journal = member.read();
      const left = countOf(journal, Entry.left);
      const counted = cells[accountOf(member.id)];
      const begun = countOf(journal, Entry.entered);
      entries += begun;
      // The killed may have counted and not have said that they left.
      const most = member.killed ? begun : left;
      if (counted < left || counted > most)
        faults.push(`locker ${member.id} counted ${counted}, and it was ${left} to ${most}`);
      for (const [kind, abandoned] of entriesOf(journal)) {
        if (kind === Entry.entered && abandoned === 1) told++;
      }
    }
    if (told > crew.kills)
      faults.push(`${told} were told of a death, and ${crew.kills} were killed`);
    return { faults, counts: { 'lock entries': entries, 'abandoned locks': told } };
  } finally {
    cells.close();
    lock?.close();
  }
}

const classes = { lock: Lock, rlock: RLock };

/** The lock can be had now that all are gone. Returns 1 where the last one died inside. */
async function lookOnce(crew, lock, cells) {
  let guard;
  const acquired = lock.acquire().then((got) => {
    guard = got;
  });
  acquired.catch((error) => crew.fail(error));
  await crew.until('the lock', () => guard !== undefined);
  const { abandoned } = guard;
  const id = cellCount - 17; // nobody's account
  comeIn(cells, id, abandoned);
  count(cells, id);
  goOut(cells, id);
  guard.release();
  if (cells[0] !== sumOfAccounts(cells)) throw new Error('the accounts changed with nobody there');
  return abandoned ? 1 : 0;
}
