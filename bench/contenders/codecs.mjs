// Records of one shape through a queue with each codec of ours, in one process; and through encoders alone.
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

export async function bare({ bare: name }, tell) {
  const both = await encoders[name]();
  await serveRecords(tell, (items) => items.map(both));
}

/** Each gives a function that encodes one record and decodes it again. */
const encoders = {
  json: () => (one) => JSON.parse(JSON.stringify(one)),
  v8: () => (one) => deserialize(serialize(one)),
  async msgpackr() {
    const { pack, unpack } = await import('msgpackr');
    return (one) => unpack(pack(one));
  },
};

function serveRecords(tell, pass, close) {
  const passAll = (count) => {
    let last;
    for (const items of batches(count, record)) last = pass(items).at(-1);
    if (last.id !== count - 1 || last.v !== (count - 1) / 2) {
      throw new Error(`${JSON.stringify(last)} is not record ${count - 1}`);
    }
  };
  return serve(
    tell,
    async ({ count }) => ({ records: await rate(count, () => passAll(count)) }),
    close,
  );
}
