// How long until a process that sleeps is awake: one way, from before the call that wakes it to its first statement after the wait.
import { limitOf } from './contenders/limits.mjs';
import { contest } from './harness/contest.mjs';
import { advantage, markAtLeast, outcome } from './harness/outcome.mjs';

const module = new URL('contenders/synchronisation.mjs', import.meta.url);
const loop = {
  name: 'Event.set, await wait()',
  short: 'await wait()',
  ours: true,
  module,
  export: 'wake',
  data: { form: 'promise' },
};
const blocked = {
  name: 'Event.set, waitSync()',
  short: 'waitSync()',
  ours: true,
  module,
  export: 'wake',
  data: { form: 'sync' },
};
const socket = {
  name: "Unix socket write, on('data')",
  module: new URL('contenders/socket-wake.mjs', import.meta.url),
  export: 'wake',
};
const python = { name: 'Python Event', python: 'wake' };

const latency = { key: 'wake', title: 'one way', unit: 'µs', better: 'lower' };

export const title = 'Waking a process that sleeps';

export async function ask({ pick }) {
  const futex = limitOf('futex in C++, there and back', 'wake', 'futex');
  const contenders = [loop, blocked, socket, python, futex];
  const results = await contest(contenders, {
    rounds: pick(7, 3, 1),
    message: { count: pick(60, 10, 2), silenceMs: 20, limitMs: pick(100, 30, 5) },
    warmUp: { count: pick(10, 3, 1), silenceMs: 20 },
  });
  const faster = ({ name }) => advantage(results, latency, name, socket.name);
  return outcome(
    contenders,
    results,
    [latency],
    [loop, blocked].map((form) =>
      markAtLeast(`${form.name} against a Unix socket`, faster(form), 1),
    ),
  );
}
