// Sums by file type, and the stage that adds up the partial results of the others.

const fields = ['files', 'binary', 'bytes', 'lines', 'words'];

/** Sums by file type, and what was left out. */
export function createTally() {
  const types = new Map();
  const skipped = [];
  let bytes = 0;

  function add(type, sums) {
    const row = types.get(type) ?? { type, ...zero() };
    types.set(type, row);
    for (const field of fields) row[field] += sums[field];
    bytes += sums.bytes;
  }

  return {
    get bytes() {
      return bytes;
    },
    addFile(type, { binary, ...counts }) {
      add(type, { files: 1, binary: binary ? 1 : 0, ...counts });
    },
    skip(path, reason) {
      skipped.push([path, reason]);
    },
    merge(plain) {
      for (const row of plain.types) add(row.type, row);
      skipped.push(...plain.skipped);
    },
    /** Plain data, in an order that does not depend on who counted what: two equal tallies give equal data. */
    toPlain() {
      const rows = [...types.values()].sort(
        (a, b) => b.bytes - a.bytes || (a.type < b.type ? -1 : 1),
      );
      return { types: rows, skipped: skipped.toSorted(([a], [b]) => (a < b ? -1 : 1)) };
    },
  };
}

function zero() {
  return Object.fromEntries(fields.map((field) => [field, 0]));
}

/** The sums over all types. */
export function totalOf({ types }) {
  const total = { type: 'all', ...zero() };
  for (const row of types) for (const field of fields) total[field] += row[field];
  return total;
}

/** The last stage: adds up until each of the stages before has sent its poison pill, then gives the whole. */
export async function aggregate(senderCount, partials, result) {
  const tally = createTally();
  for (let pills = 0; pills < senderCount; ) {
    for (const partial of await partials.getMany(64)) {
      if (partial === null) pills++;
      else tally.merge(partial);
    }
  }
  await result.put(tally.toPlain());
}
