// Medians and percentiles. No averages: one pause of the machine would move them.

export function percentile(values, share) {
  return percentileOfSorted(Float64Array.from(values).sort(), share);
}

function percentileOfSorted(sorted, share) {
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

/**
 * Of all single times of all rounds. A percentile that fewer than one of them lies beyond is left out: with 50 times there
 * is nothing to know about the slowest in a thousand.
 */
export function tails(times) {
  const sorted = Float64Array.from(times).sort();
  const at = (share) =>
    sorted.length * (1 - share) > 0.9999 ? percentileOfSorted(sorted, share) : undefined;
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), p999: at(0.999) };
}

/** The sample of a round that timed single events, in microseconds: rounded to nanoseconds, because they travel as JSON. */
export function latencies(microseconds, more = {}) {
  const times = Array.from(microseconds, (time) => Math.round(time * 1000) / 1000);
  return { value: median(times), times, ...more };
}

/**
 * How many times `ours` is `theirs`: the median over the rounds of the ratio within a round. What slows the machine for a
 * while slows both sides of a round, and drops out.
 */
export function pairedRatio(ours, theirs) {
  const rounds = Math.min(ours.length, theirs.length);
  return median(Array.from({ length: rounds }, (_, i) => ours[i] / theirs[i]));
}
