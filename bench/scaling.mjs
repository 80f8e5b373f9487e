// What a round trip costs when there are many: objects that a process waits on besides, processes that wait for the same
// queue, participants that are attached to it and do nothing.
import { contest } from './harness/contest.mjs';
import { outcome, together } from './harness/outcome.mjs';
import { seriesOf } from './harness/series.mjs';

const contender = (name, exported, data = {}) => ({
  name,
  ours: true,
  module: new URL('contenders/crowds.mjs', import.meta.url),
  export: exported,
  data,
});

const measure = { unit: 'µs', better: 'lower' };

export const title = 'Cost by the number of objects, waiters and participants';

export async function ask({ pick }) {
  const ms = pick(150, 30, 3);
  const rounds = pick(5, 2, 1);
  const objects = pick([0, 1, 10, 100, 400], [0, 100], [0, 2]);
  const waiters = pick([1, 2, 4, 8, 16], [1, 4], [1, 2]);
  const participants = pick([0, 16, 64], [0, 16], [0, 2]);

  const besides = await grow([contender('Connection', 'objects')], objects, 'objects', {
    title: 'Round trip, while so many other objects have a pending wait in the same event loop',
    ms,
    rounds,
  });
  const crowd = await grow(
    [contender('Queue put, get by one of them', 'waiters', { most: waiters.at(-1) })],
    waiters,
    'waiters',
    { title: 'Round trip, while so many processes wait for the same queue', ms, rounds },
  );
  const attached = await crowds(participants, ms, rounds);
  return together(besides, crowd, attached);
}

/** Contenders of their own, because threads take long to start. */
async function crowds(counts, ms, rounds) {
  const contenders = counts.map((count) =>
    contender(`${count} others attached`, 'participants', { count }),
  );
  const message = { parts: { trip: { ms } } };
  const results = await contest(contenders, { rounds, message });
  const trip = { ...measure, key: 'trip', title: 'Round trip through two queues, put and get' };
  return outcome(contenders, results, [trip], []);
}

async function grow(contenders, counts, what, { title: measured, ms, rounds }) {
  const parts = Object.fromEntries(counts.map((count) => [`${count}`, { ms, count }]));
  const results = await contest(contenders, { rounds, message: { parts } });
  // A logarithmic axis has no 0.
  const steps = counts.map((count) => [`${count}`, Math.max(count, 0.5), `${count}`]);
  const series = seriesOf(contenders, results, steps, { ...measure, title: measured, x: what });
  const whole = outcome(contenders, results, [], []);
  return { ...whole, tables: [series.table], plots: [series.plot] };
}
