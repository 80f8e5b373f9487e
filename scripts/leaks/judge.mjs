// How much more there may be after the rounds than after the warm-up, and why.
const KiB = 1024;
const MiB = 1024 * KiB;

/**
 * What must not grow at all is counted. Memory is measured, and moves: code is compiled later than one thinks, V8 keeps pages and
 * the C library keeps arenas. So each has what it may move by, however long it runs, and what a round may leave: less than the
 * smallest object of which one for each round could be lost.
 */
const bounds = {
  heap: { once: 512 * KiB, round: 24 },
  external: { once: 64 * KiB, round: 8 },
  rss: { once: 8 * MiB, round: 24 },
  descriptors: { once: 0, round: 0 },
  // A thread keeps the doorbells of the last 32 that it woke (native/core/waiting/doorbell.cc); some of them are dead by now.
  bells: { once: 32, round: 0 },
  threads: { once: 0, round: 0 },
  maps: { once: 0, round: 0 },
  files: { once: 0, round: 0 },
  pending: { once: 0, round: 0 },
};

/** What grew beyond its bound, in words; nothing where nothing did. */
export function judge({ rounds, samples }) {
  const first = samples[0];
  const last = samples.at(-1);
  return Object.entries(bounds).flatMap(([what, { once, round }]) => {
    const grown = last[what] - first[what];
    const most = once + round * rounds;
    return grown > most
      ? [{ what, text: `${what} grew by ${grown} in ${rounds} rounds; ${most} is allowed` }]
      : [];
  });
}
