// A figure against something that grows: one table with a column for each step, and lines in a plot.
import { number } from './format.mjs';
import { medianOf } from './outcome.mjs';

/**
 * `steps` are `[label, x, key]`: what stands over the column, its place on the axis, and the key of the samples. `measure` is
 * `{ title, unit, better, x }`, where `x` names the axis.
 */
export function seriesOf(contenders, results, steps, measure) {
  const value = (name, key) => results[name].pooled?.[key]?.p50 ?? medianOf(results, name, key);
  const shown = contenders.filter(({ name }) => steps.some(([, , key]) => results[name][key]));
  return {
    table: [
      [`${measure.title} [${measure.unit}]`, ...steps.map(([label]) => label)],
      ...shown.map(({ name }) => [name, ...steps.map(([, , key]) => number(value(name, key)))]),
    ],
    plot: {
      kind: 'lines',
      ...measure,
      series: shown.map(({ name, ours = false, control = false }) => ({
        name,
        ours,
        control,
        points: steps
          .map(([, x, key]) => [x, value(name, key)])
          .filter(([, y]) => Number.isFinite(y) && y > 0),
      })),
    },
  };
}
