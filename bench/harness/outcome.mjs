// From samples to what is printed: a table for each thing that was measured, and the marks that were to be reached.
import { number, ratio } from './format.mjs';
import { median, pairedRatio, summary } from './statistics.mjs';

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
 * How many times better `name` is than the best of `peers` (names): the smallest of its advantages, with the peer it is over.
 * Peers that are missing or failed are left out.
 */
export function overBest(results, measure, name, peers) {
  const over = peers
    .map((peer) => ({ peer, times: advantage(results, measure, name, peer) }))
    .filter(({ times }) => !Number.isNaN(times))
    .sort((one, other) => one.times - other.times);
  return over[0] ?? { peer: 'none is there', times: Number.NaN };
}

/** The median over the rounds, or NaN where there is none. */
export function medianOf(results, name, key) {
  const samples = results[name]?.[key];
  return samples ? median(values(samples)) : Number.NaN;
}

/** Names of those who took part in a contest and are not ours. */
export function peersOf(contenders) {
  return contenders.filter(({ ours, control }) => !ours && !control).map(({ name }) => name);
}

/**
 * A table for `measure`, `{ key, title, unit, better }`, with a row for each contender. In a row of a peer, a column for each
 * of ours says how many times better ours is, unless `measure.alone`: some figures are not to be divided. A control, which is
 * there to be looked at, is compared all the same.
 */
export function tableOf(contenders, results, measure) {
  const { key } = measure;
  const shown = contenders.filter(
    ({ name }) => results[name].failed || results[name].missing || results[name][key],
  );
  const there = ({ name }) => results[name][key] !== undefined;
  const ours = shown.filter((one) => one.ours && there(one));
  const compared = !measure.alone && shown.some((one) => !one.ours && there(one)) ? ours : [];
  const pooled = shown.some(({ name }) => results[name].pooled?.[key]);
  const cpu = shown.some(({ name }) => results[name][key]?.[0].cpu !== undefined);
  const head = [
    `${measure.title} [${measure.unit}]`,
    pooled ? 'p50' : 'median',
    ...(pooled ? ['p99', 'p99.9'] : []),
    'min',
    'max',
    ...(cpu ? ['CPU s/M'] : []),
    ...compared.map(({ short, name }) => `${short ?? name} is`),
  ];
  const rows = shown.map((contender) => {
    const { name } = contender;
    const samples = results[name][key];
    if (!samples) {
      const state = results[name].missing ? 'not installed' : 'failed';
      return [name, state, ...Array(head.length - 2).fill('')];
    }
    const all = summary(values(samples));
    const tail = results[name].pooled?.[key];
    return [
      name,
      number(tail?.p50 ?? all.median),
      ...(pooled ? [number(tail?.p99), number(tail?.p999)] : []),
      ...[all.min, all.max].map(number),
      ...(cpu ? [number(median(samples.map((sample) => sample.cpu ?? Number.NaN)))] : []),
      ...compared.map((one) =>
        contender.ours ? '' : ratio(advantage(results, measure, one.name, name)),
      ),
    ];
  });
  return [head, ...rows];
}

/** A mark: `text`, what was reached, and whether that is enough. */
export function markAtLeast(text, reached, atLeast) {
  return mark(text, reached, reached >= atLeast, ratio(reached), `at least ${ratio(atLeast)}`);
}

export function markAtMost(text, reached, atMost) {
  return mark(text, reached, reached <= atMost, ratio(reached), `at most ${ratio(atMost)}`);
}

export function markAbove(text, reached, above, unit) {
  const wanted = `at least ${number(above)} ${unit}`;
  return mark(text, reached, reached >= above, `${number(reached)} ${unit}`, wanted);
}

export function markBelow(text, reached, below, unit) {
  const wanted = `below ${number(below)} ${unit}`;
  return mark(text, reached, reached < below, `${number(reached)} ${unit}`, wanted);
}

/** What could not be measured is no missed mark: `met` is null then. */
function mark(text, value, met, reached, wanted) {
  const known = !Number.isNaN(value);
  return { text, reached: known ? reached : 'not measured', wanted, met: known ? met : null };
}

/** What contenders failed with. */
export function failuresOf(results) {
  return Object.entries(results)
    .filter(([, result]) => result.failed)
    .map(([name, { failed }]) => `${name}: ${failed}`);
}

/** What is not installed, and how to install it. */
export function missingOf(results) {
  return Object.entries(results)
    .filter(([, result]) => result.missing)
    .map(([name, { missing }]) => `${name}: ${missing}`);
}

/** Bars for `measure`: `{ kind, title, unit, better, bars: [{ name, ours, value }] }`. */
export function barsOf(contenders, results, { key, title, unit, better }) {
  const bars = contenders
    .filter(({ name }) => results[name][key])
    .map(({ name, ours = false, control = false }) => ({
      name,
      ours,
      control,
      value: results[name].pooled?.[key]?.p50 ?? medianOf(results, name, key),
    }))
    .filter(({ value }) => value > 0);
  return { kind: 'bars', title, unit, better, bars };
}

/** All that a question gives for the report. */
export function outcome(contenders, results, measures, marks) {
  return {
    tables: measures
      .map((measure) => tableOf(contenders, results, measure))
      .filter((table) => table.length > 1),
    plots: measures
      .map((measure) => barsOf(contenders, results, measure))
      .filter(({ bars }) => bars.length > 1),
    marks,
    failures: failuresOf(results),
    missing: missingOf(results),
    samples: results,
  };
}

/** Several outcomes of one question as one. */
export function together(...outcomes) {
  const all = (key) => outcomes.flatMap((one) => one[key] ?? []);
  return {
    tables: all('tables'),
    plots: all('plots'),
    marks: all('marks'),
    failures: all('failures'),
    missing: [...new Set(all('missing'))],
    samples: outcomes.map(({ samples }) => samples),
  };
}
