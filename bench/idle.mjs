// How much of a core a process uses that only waits.
import { contest } from './harness/contest.mjs';
import { markBelow, outcome } from './harness/outcome.mjs';
import { median } from './harness/statistics.mjs';

// No watching thread in these: it would be measured too.
const contender = (name, exported, rest) => ({
  name,
  module: new URL('contenders/waiting.mjs', import.meta.url),
  export: exported,
  watchdog: false,
  ...rest,
});

const contenders = [
  contender('ten pending waits', 'pending', { ours: true }),
  contender('blocked in getSync', 'blocked', { ours: true }),
  contender('nothing but a timer', 'nothing', { control: true }),
];

const core = {
  key: 'core',
  title: 'while waiting',
  unit: '% of a core',
  better: 'lower',
  alone: true,
};

export const title = 'Waiting';

export async function ask({ pick }) {
  const results = await contest(contenders, {
    rounds: 1,
    message: { ms: pick(10_000, 800, 50), settleMs: pick(10_000, 300, 20) },
    warmUp: { ms: 20, settleMs: 20 },
  });
  const marks = contenders
    .filter(({ ours, name }) => ours && !results[name].failed)
    .map(({ name }) =>
      markBelow(
        `CPU time, ${name}`,
        median(results[name].core.map(({ value }) => value)),
        0.2,
        '%',
      ),
    );
  return outcome(contenders, results, [core], marks);
}
