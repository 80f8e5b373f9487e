// The text format of Prometheus.
export const metricsType = 'text/plain; version=0.0.4; charset=utf-8';

/** Each of `metrics`: `{ name, help, type, value }`, or `values` by label, `{ '{status="200"}': 3 }`. */
export function metricsText(metrics) {
  return metrics
    .map(({ name, help, type, value, values = { '': value } }) => {
      const samples = Object.entries(values).map(
        ([label, number]) => `${name}${label} ${number}\n`,
      );
      return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${samples.join('')}`;
    })
    .join('');
}
