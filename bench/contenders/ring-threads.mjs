// ringbuf.js: a ring in JavaScript on a SharedArrayBuffer between two threads. It has no way to wait, so both sides spin
// while a round lasts; between rounds the other thread sleeps. A message is its length in four bytes and its bytes.
import { Worker, workerData } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';
import { serve } from '../harness/serve.mjs';
import { peer } from './peers.mjs';
import { batches, item, message, rate, timeTripsSync } from './work.mjs';

const capacity = 4 << 20;

class Framed {
  #ring;
  #scratch = Buffer.alloc(capacity);
  #head = Buffer.alloc(4);

  constructor(storage) {
    const { RingBuffer } = peer('ringbuf.js');
    this.#ring = new RingBuffer(storage, Uint8Array);
  }

  /** `fill(scratch)` writes messages, heads included, and gives where they end. */
  write(fill) {
    const end = fill(this.#scratch);
    while (this.#ring.available_write() < end);
    this.#ring.push(this.#scratch, end);
  }

  /** The next message, as a view that lasts until the next call. */
  read() {
    while (this.#ring.available_read() < 4);
    this.#ring.pop(this.#head);
    const length = this.#head.readUInt32LE();
    while (this.#ring.available_read() < length);
    this.#ring.pop(this.#scratch, length);
    return this.#scratch.subarray(0, length);
  }
}

function put(bytes) {
  return (scratch, at = 0) => {
    scratch.writeUInt32LE(bytes.length, at);
    scratch.set(bytes, at + 4);
    return at + 4 + bytes.length;
  };
}

function putJson(value) {
  return (scratch, at = 0) => {
    const length = scratch.write(JSON.stringify(value), at + 4);
    scratch.writeUInt32LE(length, at);
    return at + 4 + length;
  };
}

const end = put(Buffer.alloc(0));

async function serveRings(tell, order, round) {
  const { RingBuffer } = peer('ringbuf.js');
  const [there, back] = [0, 1].map(() => RingBuffer.getStorageForCapacity(capacity, Uint8Array));
  const control = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(fileURLToPath(import.meta.url), {
    workerData: { ringbuf: { there, back, control, order } },
  });
  const [out, home] = [new Framed(there), new Framed(back)];
  await serve(
    tell,
    (request) => {
      Atomics.add(control, 0, 1);
      Atomics.notify(control, 0);
      return round(out, home, request);
    },
    () => worker.terminate(),
  );
}

export function roundTrip(_data, tell) {
  return serveRings(tell, 'echo', (out, home, { parts }) => {
    // It cannot sleep: what it costs after silence is what it costs hot, and a processor.
    const hot = Object.entries(parts).filter(([, { pauseMs }]) => !pauseMs);
    const samples = timeTripsSync({ parts: Object.fromEntries(hot) }, () => () => {
      out.write(putJson(message));
      JSON.parse(home.read().toString());
    });
    out.write(end);
    return samples;
  });
}

export function roundTripBytes(_data, tell) {
  return serveRings(tell, 'echo', (out, home, request) => {
    const samples = timeTripsSync(request, ({ size }) => {
      const bytes = Buffer.alloc(size, 1);
      return () => {
        out.write(put(bytes));
        Buffer.from(home.read());
      };
    });
    out.write(end);
    return samples;
  });
}

export function throughput({ size, together }, tell) {
  const bytes = size && Buffer.alloc(size, 1);
  const writer = size ? () => put(bytes) : (i) => putJson(item(i));
  return serveRings(tell, 'count', async (out, home, { count }) => ({
    items: await rate(count, () => {
      if (together) {
        for (const writers of batches(count, writer)) {
          out.write((scratch) => writers.reduce((at, write) => write(scratch, at), 0));
        }
      } else for (let i = 0; i < count; i++) out.write(writer(i));
      out.write(end);
      const received = JSON.parse(home.read().toString());
      if (received !== count) throw new Error(`${received} of ${count} items arrived`);
    }),
  }));
}

const work = { echo, count };

// The other thread.
if (workerData?.ringbuf) {
  const { there, back, control, order } = workerData.ringbuf;
  const [input, output] = [new Framed(there), new Framed(back)];
  for (let round = 0; ; round++) {
    Atomics.wait(control, 0, round);
    work[order](input, output);
  }
}

function echo(input, output) {
  for (;;) {
    const received = input.read();
    if (received.length === 0) return;
    output.write(put(received));
  }
}

function count(input, output) {
  for (let received = 0; ; received++) {
    const bytes = input.read();
    if (bytes.length === 0) {
      output.write(putJson(received));
      return;
    }
    // As a receiver of objects must; of bytes, it has them.
    if (bytes[0] === 0x7b) JSON.parse(bytes.toString());
  }
}
