// Records of one shape through a queue with each codec, in one process; and through codecs alone.
import { deserialize, serialize } from 'node:v8';
import { c_double, c_int32, Queue, struct } from 'interproc';
import { serve } from '../harness/serve.mjs';
import { batch, batches, rate } from './work.mjs';

const record = (id) => ({ id, v: id / 2 });

export async function queue({ codec }, tell) {
  const options = codec === 'struct' ? struct({ id: c_int32, v: c_double }) : codec;
  const records = new Queue({ codec: options });
  await serveRecords(
    tell,
    (items) => {
      records.putManySync(items);
      return records.getManySync(batch);
    },
    () => records.close(),
  );
}

/** No queue at all: each record is encoded and decoded again, one after the other. */
export async function alone({ codec }, tell) {
  const both = await codecs[codec]();
  await serveRecords(tell, (items) => items.map(both), undefined, 'alone');
}

/** Each gives a function that encodes one record and decodes it again, in the way in which the codec is quickest. */
const codecs = {
  async struct() {
    const { structCodec } = await import('../../dist/codec/struct.js');
    return oneOfOurs(structCodec(struct({ id: c_int32, v: c_double })));
  },
  async msgpack() {
    const { msgpackCodec } = await import('../../dist/codec/msgpack.js');
    return oneOfOurs(msgpackCodec);
  },
  json: () => (one) => JSON.parse(JSON.stringify(one)),
  v8: () => (one) => deserialize(serialize(one)),
  async msgpackr() {
    const { Packr } = await import('msgpackr');
    const packr = new Packr({ useRecords: false });
    return (one) => packr.unpack(packr.pack(one));
  },
  /** Names once for each structure, and not for each record: both sides have to keep them. */
  async msgpackrRecords() {
    const { Packr } = await import('msgpackr');
    const packr = new Packr({ structures: [] });
    return (one) => packr.unpack(packr.pack(one));
  },
};

/** Into one buffer and out of it again, as for a message of a queue. */
async function oneOfOurs(codec) {
  const { createScratch } = await import('../../dist/codec/codec.js');
  const scratch = createScratch();
  return (one) => {
    codec.encode(one, scratch);
    return codec.decode(scratch.buffer, scratch.start, scratch.end);
  };
}

function serveRecords(tell, pass, close, key = 'records') {
  const passAll = (count) => {
    let last;
    for (const items of batches(count, record)) last = pass(items).at(-1);
    if (last.id !== count - 1 || last.v !== (count - 1) / 2) {
      throw new Error(`${JSON.stringify(last)} is not record ${count - 1}`);
    }
  };
  return serve(
    tell,
    async ({ count }) => ({ [key]: await rate(count, () => passAll(count)) }),
    close,
  );
}
