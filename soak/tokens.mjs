// Tokens that some make and others take, under the lock of a condition: an account for each, so that no death leaves them wrong.

export const tokenCells = 512;
const stopAt = 0;
const made = 16;
const taken = 264;

const sum = (cells, from) => cells.subarray(from, from + 248).reduce((all, one) => all + one, 0);

/** How many there are to take. */
export function tokens(cells) {
  const left = sum(cells, made) - sum(cells, taken);
  if (left < 0) throw new Error(`${-left} tokens were taken that nobody made`);
  return left;
}

export const make = (cells, id) => {
  cells[made + id] += 1;
};
export const take = (cells, id) => {
  cells[taken + id] += 1;
};
export const madeBy = (cells, id) => cells[made + id];
export const takenBy = (cells, id) => cells[taken + id];

/** Takers go home when there is nothing left to take. */
export const stop = (cells) => {
  cells[stopAt] = 1;
};
export const stopped = (cells) => cells[stopAt] === 1;
