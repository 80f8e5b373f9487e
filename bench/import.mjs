// What it costs to import the library, in a process that has just started.
import { contest } from './harness/contest.mjs';
import { markBelow, medianOf, outcome } from './harness/outcome.mjs';

const contender = (name, specifier, rest = {}) => ({
  name,
  module: new URL('contenders/importing.mjs', import.meta.url),
  export: 'imports',
  data: { specifier },
  ...rest,
});
const ours = contender("import 'interproc'", 'interproc', { ours: true, short: 'interproc' });
const contenders = [
  ours,
  contender('zeromq', 'zeromq', { data: { peer: 'zeromq' } }),
  contender('shared-memory-disruptor', '', { data: { peer: 'shared-memory-disruptor' } }),
  contender("import 'msgpackr'", 'msgpackr'),
  contender("import 'node:child_process'", 'node:child_process', { control: true }),
];
const time = { key: 'time', title: 'import', unit: 'ms', better: 'lower' };

export const title = 'Importing the library';

export async function ask({ pick }) {
  const results = await contest(contenders, {
    rounds: pick(9, 2, 1),
    message: { count: pick(5, 1) },
    warmUp: { count: 1 },
  });
  const reached = medianOf(results, ours.name, 'time');
  return outcome(contenders, results, [time], [markBelow("import 'interproc'", reached, 25, 'ms')]);
}
