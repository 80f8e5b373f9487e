// How long until a process that sleeps is awake: one way, from before the call that wakes it to its first statement after the wait.
import { contest } from './harness/contest.mjs';
import { advantage, markAtLeast, outcome } from './harness/outcome.mjs';

const module = new URL('contenders/synchronisation.mjs', import.meta.url);
const loop = {
  name: 'Event.set, await wait()',
  ours: true,
  module,
  export: 'wake',
  data: { form: 'promise' },
};
const blocked = {
  name: 'Event.set, waitSync()',
  ours: true,
  module,
  export: 'wake',
  data: { form: 'sync' },
};
const socket = {
  name: "Unix socket write, on('data')",
  short: 'socket',
  module: new URL('contenders/socket-wake.mjs', import.meta.url),
  export: 'wake',
};
const python = { name: 'Python Event', short: 'Python', python: 'wake' };
const contenders = [loop, blocked, socket, python];

const latency = { key: 'wake', title: 'one way', unit: 'µs', better: 'lower' };

export const title = 'Waking a process that sleeps';

export async function ask({ quick }) {
  const results = await contest(contenders, {
    rounds: quick ? 3 : 9,
    message: { count: quick ? 30 : 100, silenceMs: 20 },
    warmUp: { count: 10, silenceMs: 20 },
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
