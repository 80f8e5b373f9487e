// Whether an element of a SharedArray costs what an element of an ordinary typed array costs.
import { contest } from './harness/contest.mjs';
import { advantage, markAtLeast, outcome } from './harness/outcome.mjs';

// One process measures both arrays, in turns: so small a difference would drown in what differs between processes.
const both = {
  name: 'both',
  module: new URL('contenders/elements.mjs', import.meta.url),
  export: 'sweeps',
  data: { length: 50_000 },
};

const measures = ['c_int32', 'c_double'].map((key) => ({
  key,
  title: `array[i] = array[i] * 3 + 1, ${key}`,
  unit: 'elements/s',
  better: 'higher',
}));

export const title = 'Elements of an array';

export async function ask({ pick }) {
  const measured = await contest([both], {
    rounds: pick(15, 7, 1),
    message: { count: pick(1_000, 200, 3) },
  });
  const contenders = [
    { name: 'SharedArray', ours: true },
    { name: 'ordinary typed array', short: 'ordinary' },
  ];
  if (measured.both.failed) {
    return {
      tables: [],
      marks: [],
      failures: [`both: ${measured.both.failed}`],
      samples: measured,
    };
  }
  const samplesOf = (side) =>
    Object.fromEntries(
      measures.map(({ key }) => [key, measured.both[key].map((one) => ({ value: one[side] }))]),
    );
  const results = {
    SharedArray: samplesOf('shared'),
    'ordinary typed array': samplesOf('ordinary'),
  };
  const marks = measures.map((measure) =>
    markAtLeast(
      `SharedArray of ${measure.key} against an ordinary typed array`,
      advantage(results, measure, 'SharedArray', 'ordinary typed array'),
      0.95,
    ),
  );
  return outcome(contenders, results, measures, marks);
}
