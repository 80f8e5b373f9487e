// The same result by one process alone, to compare with.
import { createTally } from './aggregate.mjs';
import { countFiles } from './count.mjs';
import { walk } from './list.mjs';

export function countAlone(directory) {
  const tally = createTally();
  for (const { file, skipped, reason } of walk(directory)) {
    if (file === undefined) tally.skip(skipped, reason);
    else countFiles([file], tally);
  }
  return tally.toPlain();
}

/** How two results differ, a line for each difference; none when they are the same. */
export function differences(parallel, alone) {
  const lines = [];
  compare(
    new Map(parallel.types.map((row) => [row.type, row])),
    new Map(alone.types.map((row) => [row.type, row])),
  );
  compare(new Map(parallel.skipped), new Map(alone.skipped));
  return lines;

  function compare(here, there) {
    for (const key of new Set([...here.keys(), ...there.keys()])) {
      const [one, other] = [here.get(key), there.get(key)].map((value) => JSON.stringify(value));
      if (one !== other) lines.push(`${key}: together ${one}, alone ${other}`);
    }
  }
}
