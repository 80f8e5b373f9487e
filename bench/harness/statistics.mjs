// Medians and percentiles. No averages: one pause of the machine would move them.

export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  const position = (sorted.length - 1) * share;
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (position - below);
}

export function median(values) {
  return percentile(values, 0.5);
}

/** Of some rounds: `{ median, min, max, rounds }`. */
export function summary(values) {
  return {
    median: median(values),
    min: Math.min(...values),
    max: Math.max(...values),
    rounds: values.length,
  };
}

/** Of the latencies of one round, in microseconds. */
export function latencies(microseconds) {
  return { value: percentile(microseconds, 0.5), p99: percentile(microseconds, 0.99) };
}

/**
 * How many times `ours` is `theirs`: the median over the rounds of the ratio within a round. What slows the machine for a
 * while slows both sides of a round, and drops out.
 */
export function pairedRatio(ours, theirs) {
  const rounds = Math.min(ours.length, theirs.length);
  return median(Array.from({ length: rounds }, (_, i) => ours[i] / theirs[i]));
}
