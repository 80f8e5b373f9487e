// Numbers that a seed determines. Not for secrets.

/** A generator for a seed and a path of labels below it: the same ones always give the same numbers. */
export function randomFrom(seed, ...labels) {
  let state = seed >>> 0;
  for (const label of labels) state = mix(state ^ mix(label + 0x9e3779b9));
  const next = () => {
    state = (state + 0x9e3779b9) >>> 0;
    return mix(state);
  };
  /** A whole number from 0 to `n - 1`. */
  const below = (n) => Math.floor((next() / 0x1_0000_0000) * n);
  return {
    below,
    between: (least, most) => least + below(most - least + 1),
    chance: (percent) => below(100) < percent,
    pick: (list) => list[below(list.length)],
  };
}

/** Spreads 32 bits (the finaliser of MurmurHash3, which is a permutation). */
export function mix(value) {
  let x = value >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}
