// From samples to what is printed: a table for each thing that was measured, and the marks that were to be reached.
import { number, ratio } from './format.mjs';
import { pairedRatio, summary } from './statistics.mjs';

const values = (samples) => samples.map((sample) => sample.value);

/** How many times better the first is than the second at `key`: faster, whichever way the figure points. */
export function advantage(results, { key, better }, first, second) {
  const [one, other] = [results[first]?.[key], results[second]?.[key]];
  if (!one || !other) return Number.NaN;
  return better === 'higher'
    ? pairedRatio(values(one), values(other))
    : pairedRatio(values(other), values(one));
}

/**
 * A table for `measure`, `{ key, title, unit, better }`: a row for each contender; in a row of ours, a column for each peer
 * that says how many times better we are. A control, which is there to be looked at, has no such column.
 */
export function tableOf(contenders, results, measure) {
  const shown = contenders.filter(({ name }) => results[name].failed || results[name][measure.key]);
  const peers = shown.filter(
    ({ ours, control, name }) => !ours && !control && !results[name].failed,
  );
  const tail = shown.some(({ name }) => results[name][measure.key]?.[0].p99 !== undefined);
  const head = [
    `${measure.title} [${measure.unit}]`,
    'median',
    'min',
    'max',
    ...(tail ? ['p99'] : []),
    ...peers.map(({ short, name }) => `vs ${short ?? name}`),
  ];
  const rows = shown.map((contender) => {
    const { name, ours } = contender;
    const samples = results[name][measure.key];
    if (!samples) return [name, 'failed', ...Array(head.length - 2).fill('')];
    const all = summary(values(samples));
    return [
      name,
      ...[all.median, all.min, all.max].map(number),
      ...(tail ? [number(summary(samples.map(({ p99 }) => p99)).median)] : []),
      ...peers.map((peer) => (ours ? ratio(advantage(results, measure, name, peer.name)) : '')),
    ];
  });
  return [head, ...rows];
}

/** A mark: `text`, what was reached, and whether that is enough. */
export function markAtLeast(text, reached, atLeast) {
  return {
    text,
    reached: ratio(reached),
    wanted: `at least ${ratio(atLeast)}`,
    met: reached >= atLeast,
  };
}

export function markAbove(text, reached, above, unit) {
  return {
    text,
    reached: `${number(reached)} ${unit}`,
    wanted: `at least ${number(above)} ${unit}`,
    met: reached >= above,
  };
}

export function markBelow(text, reached, below, unit) {
  return {
    text,
    reached: `${number(reached)} ${unit}`,
    wanted: `below ${number(below)} ${unit}`,
    met: reached < below,
  };
}

/** What contenders failed with. */
export function failuresOf(results) {
  return Object.entries(results)
    .filter(([, result]) => result.failed)
    .map(([name, { failed }]) => `${name}: ${failed}`);
}

/** All that a question gives for the report. */
export function outcome(contenders, results, measures, marks) {
  return {
    tables: measures
      .map((measure) => tableOf(contenders, results, measure))
      .filter((table) => table.length > 1),
    marks,
    failures: failuresOf(results),
    samples: results,
  };
}
