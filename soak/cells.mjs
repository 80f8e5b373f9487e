// Words under a lock that must agree whenever nobody is inside. A holder that is killed may leave them in disagreement, and then the
// next one must be told that it died, and makes them good from the accounts: one for each participant, written once for each entry.

export const cellCount = 256;
const first = 0;
const second = 1;
const holder = 2;
const accounts = 16;

/** Where participant `id` counts what it did. A round has fewer participants than that. */
export function accountOf(id) {
  if (accounts + id >= cellCount) throw new Error(`too many participants in one round: ${id}`);
  return accounts + id;
}

export function sumOfAccounts(cells) {
  let sum = 0;
  for (let at = accounts; at < cellCount; at++) sum += cells[at];
  return sum;
}

/** What the holder of the lock looks at first. Throws where the words disagree though nobody is said to have died. */
export function comeIn(cells, id, abandoned) {
  const whole = cells[first] === cells[second] && cells[holder] === 0;
  if (!whole && !abandoned) {
    throw new Error(
      `not alone in the lock: halves ${cells[first]} and ${cells[second]}, inside is ${cells[holder]}, and nobody was said to have died`,
    );
  }
  cells[holder] = id + 1;
  if (abandoned) cells[first] = cells[second] = sumOfAccounts(cells);
}

export function count(cells, id) {
  cells[first] += 1;
  cells[accountOf(id)] += 1;
}

/** What it looks at last: that nobody else was inside meanwhile. */
export function goOut(cells, id) {
  cells[second] += 1;
  const inside = cells[holder];
  const sum = sumOfAccounts(cells);
  if (inside !== id + 1 || cells[first] !== cells[second] || cells[first] !== sum) {
    throw new Error(
      `somebody else was in the lock: halves ${cells[first]} and ${cells[second]}, accounts ${sum}, inside is ${inside}, who looks ${id + 1}`,
    );
  }
  cells[holder] = 0;
}
