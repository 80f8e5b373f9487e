// What a call on an object in a manager's server costs: one at a time, and many that go together.
import { contest } from './harness/contest.mjs';
import { advantage, markAtLeast, outcome } from './harness/outcome.mjs';
import { pairedRatio } from './harness/statistics.mjs';

const module = (file) => new URL(`contenders/${file}`, import.meta.url);
const ours = (name, short, form) => ({
  name,
  short,
  ours: true,
  module: module('managers.mjs'),
  export: 'calls',
  data: { form },
});

const memory = ours('Manager, shared memory', 'memory', 'memory');
const unix = ours('Manager, Unix socket', 'Unix', 'unix');
const tcp = ours('Manager, TCP', 'TCP', 'tcp');
const python = { name: 'Python Manager', python: 'manager_calls', data: { tcp: false } };
const pythonTcp = { name: 'Python Manager, TCP', python: 'manager_calls', data: { tcp: true } };
const capnweb = {
  name: 'capnweb over our Connection',
  module: module('capnweb.mjs'),
  export: 'calls',
};
const contenders = [memory, unix, tcp, capnweb, python, pythonTcp];

const one = { key: 'one', title: 'one call at a time', unit: 'µs', better: 'lower' };
const batch = {
  key: 'batch',
  title: '10,000 calls that go together, each',
  unit: 'µs',
  better: 'lower',
};

export const title = 'A dictionary in a server: get(key)';

export async function ask({ pick }) {
  const results = await contest(contenders, {
    rounds: pick(11, 5, 1),
    message: { parts: { one: { ms: pick(400, 100, 5) } }, batches: pick(7, 3, 1) },
    warmUp: { parts: { one: { ms: pick(1500, 800, 20) } }, batches: pick(10, 6, 1) },
  });
  const gain = ({ name }) => {
    const { one: alone, batch: together } = results[name];
    if (!alone || !together) return Number.NaN;
    return pairedRatio(
      alone.map(({ value }) => value),
      together.map(({ value }) => value),
    );
  };
  const faster = (first, second) => advantage(results, one, first.name, second.name);
  return outcome(
    contenders,
    results,
    [one, batch],
    [
      markAtLeast("A call on one machine against Python's", faster(memory, python), 5),
      markAtLeast("A call over TCP against Python's over TCP", faster(tcp, pythonTcp), 1),
      markAtLeast('10,000 in one batch against one by one, shared memory', gain(memory), 20),
      markAtLeast('10,000 in one batch against one by one, TCP', gain(tcp), 20),
      markAtLeast(
        '10,000 in one batch against as many of capnweb',
        advantage(results, batch, memory.name, capnweb.name),
        1,
      ),
    ],
  );
}
