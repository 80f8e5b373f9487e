// What it costs to make a shared object, and to attach to one.
import { contest } from './harness/contest.mjs';
import { outcome } from './harness/outcome.mjs';

const contender = (name, kind) => ({
  name,
  ours: true,
  module: new URL('contenders/attaching.mjs', import.meta.url),
  export: 'attach',
  data: { kind },
});

const contenders = [
  contender('Queue', 'queue'),
  contender('Pipe, both ends', 'pipe'),
  contender('Value', 'value'),
  contender('SharedArray of 1000', 'array'),
  contender('Lock', 'lock'),
  { name: 'Python Queue', python: 'attach', data: { kind: 'queue' } },
  { name: 'Python SharedMemory', python: 'attach', data: { kind: 'memory' } },
  { name: 'Python Lock', python: 'attach', data: { kind: 'lock' } },
];

const measures = [
  { key: 'create', title: 'create and close', unit: 'µs', better: 'lower' },
  { key: 'attach', title: 'open and close', unit: 'µs', better: 'lower' },
];

export const title = 'Making and attaching';

export async function ask({ pick }) {
  const results = await contest(contenders, {
    rounds: pick(7, 3, 1),
    message: { count: pick(200, 50, 3) },
  });
  return outcome(contenders, results, measures, []);
}
