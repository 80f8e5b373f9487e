// How often four processes can meet.
import { contest, forAbout } from './harness/contest.mjs';
import { outcome } from './harness/outcome.mjs';

const ours = (name, form) => ({
  name,
  ours: true,
  module: new URL('contenders/synchronisation.mjs', import.meta.url),
  export: 'meet',
  data: { form },
});
const contenders = [
  ours('Barrier waitSync', 'sync'),
  ours('Barrier await wait()', 'promise'),
  { name: 'Python Barrier', short: 'Python', python: 'meet' },
];

const meetings = { key: 'meetings', title: '4 processes', unit: 'rounds/s', better: 'higher' };

export const title = 'Barrier of four processes';

export async function ask({ pick }) {
  const results = await contest(contenders, {
    rounds: pick(7, 3, 1),
    message: forAbout(pick(200, 30, 2), 'meetings'),
    warmUp: { count: pick(100, 50, 5) },
  });
  return outcome(contenders, results, [meetings], []);
}
