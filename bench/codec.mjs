// What the codecs cost: records put into a queue and got from it again by one process, so that no other one has to wake.
import { contest, forAbout } from './harness/contest.mjs';
import { advantage, markAtLeast, outcome } from './harness/outcome.mjs';

const contender = (name, data, rest = {}) => ({
  name,
  module: new URL('contenders/codecs.mjs', import.meta.url),
  export: data.codec ? 'queue' : 'bare',
  data,
  ...rest,
});
const ours = (name, short, codec) => contender(name, { codec }, { ours: true, short });

const struct = ours('Queue, struct', 'struct', 'struct');
const msgpack = ours('Queue, msgpack', 'msgpack', 'msgpack');
const contenders = [
  struct,
  msgpack,
  ours('Queue, json', 'json', 'json'),
  ours('Queue, v8', 'v8', 'v8'),
  // No queue at all: encoded and decoded, no more.
  contender('msgpackr alone', { bare: 'msgpackr' }, { control: true }),
  contender('JSON alone', { bare: 'json' }, { control: true }),
  contender('v8.serialize alone', { bare: 'v8' }, { control: true }),
];

const records = { key: 'records', title: 'records { id, v }', unit: '1/s', better: 'higher' };

export const title = 'Codecs: records put and got by one process, by 100';

export async function ask({ pick }) {
  const results = await contest(contenders, {
    rounds: pick(7, 3, 1),
    warmUp: { count: pick(50_000, 10_000, 200) },
    message: forAbout(pick(150, 40, 2), 'records'),
  });
  const times = advantage(results, records, struct.name, msgpack.name);
  const marks = [markAtLeast('codec: struct against MessagePack, both through a queue', times, 3)];
  return outcome(contenders, results, [records], marks);
}
