// What the codecs cost: alone, a record encoded and decoded again; and with the queue, records put into it and got from it again
// by one process, so that no other one has to wake.
import { contest, forAbout } from './harness/contest.mjs';
import { advantage, markAtLeast, outcome, overBest, peersOf } from './harness/outcome.mjs';

const contender = (name, codec, form, rest = {}) => ({
  name,
  module: new URL('contenders/codecs.mjs', import.meta.url),
  export: form,
  data: { codec },
  ...rest,
});
const ours = (name, codec, form) => contender(name, codec, form, { ours: true, short: codec });

const struct = ours('struct alone', 'struct', 'alone');
const msgpack = ours('msgpack alone', 'msgpack', 'alone');
const alone = [
  struct,
  msgpack,
  contender('msgpackr', 'msgpackr', 'alone'),
  contender('msgpackr, records', 'msgpackrRecords', 'alone'),
  contender('JSON', 'json', 'alone'),
  contender('v8.serialize', 'v8', 'alone'),
];
const queuedStruct = ours('Queue, struct', 'struct', 'queue');
const queuedMsgpack = ours('Queue, msgpack', 'msgpack', 'queue');
const queued = [
  queuedStruct,
  queuedMsgpack,
  ours('Queue, json', 'json', 'queue'),
  ours('Queue, v8', 'v8', 'queue'),
];

const measure = (key, title) => ({ key, title, unit: '1/s', better: 'higher' });
const coded = measure('alone', 'records { id, v } encoded and decoded');
const records = measure('records', 'records { id, v } put and got by 100');

export const title = 'Codecs: records alone, and put and got by one process';

export async function ask({ pick }) {
  const contestOf = (contenders, key) =>
    contest(contenders, {
      rounds: pick(7, 3, 1),
      warmUp: { count: pick(50_000, 10_000, 200) },
      message: forAbout(pick(150, 40, 2), key),
    });
  const results = {
    ...(await contestOf(alone, coded.key)),
    ...(await contestOf(queued, records.key)),
  };
  const best = overBest(results, coded, struct.name, peersOf(alone));
  const marks = [
    markAtLeast(
      'codec: struct against our MessagePack, codecs alone',
      advantage(results, coded, struct.name, msgpack.name),
      3,
    ),
    markAtLeast(`codec: struct against the best peer (${best.peer}), codecs alone`, best.times, 3),
    markAtLeast(
      'codec: struct against MessagePack, both through a queue',
      advantage(results, records, queuedStruct.name, queuedMsgpack.name),
      3,
    ),
  ];
  return outcome([...alone, ...queued], results, [coded, records], marks);
}
