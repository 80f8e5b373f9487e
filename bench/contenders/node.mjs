// The peers that Node.js brings, each used in the way that suits it best: callbacks, and a pause for its buffers to drain
// now and then.
import { serve } from '../harness/serve.mjs';
import { openPort } from './ports.mjs';
import { batch, batches, item, message, rate, timeTrips } from './work.mjs';

const drainEvery = 1_000;

async function servePort(tell, kind, role, round) {
  const port = await openPort(kind, role);
  let answered = () => {};
  port.onMessage((received) => answered(received));
  const answer = () =>
    new Promise((resolve) => {
      answered = resolve;
    });
  await serve(
    tell,
    (request) => round(port, answer, request),
    () => port.close(),
  );
}

export function roundTrip({ kind }, tell) {
  return servePort(tell, kind, 'echo', (port, answer, request) =>
    timeTrips(request, () => () => {
      port.send(message);
      return answer();
    }),
  );
}

export function roundTripBytes({ kind }, tell) {
  return servePort(tell, kind, 'echo', (port, answer, request) =>
    timeTrips(request, ({ size }) => {
      const bytes = Buffer.alloc(size, 1);
      return () => {
        port.send(bytes);
        return answer();
      };
    }),
  );
}

/** Objects, or buffers of `size` bytes; one by one, or in arrays. */
export function throughput({ kind, size, together }, tell) {
  // Each in an array is another one: the same one again would be sent as a reference.
  const buffers = size && Array.from({ length: batch }, () => new Uint8Array(size).fill(1));
  const make = size ? (i) => buffers[i % batch] : item;
  return servePort(tell, kind, 'count', async (port, answer, { count }) => ({
    items: await rate(count, async () => {
      const send = together ? sendArrays : sendSingly;
      await send(port, count, make);
      const counted = answer();
      port.send(null);
      const received = await counted;
      if (received !== count) throw new Error(`${received} of ${count} items arrived`);
    }),
  }));
}

async function sendSingly(port, count, make) {
  for (let i = 0; i < count; i++) {
    if (i % drainEvery === drainEvery - 1) await port.drained(make(i));
    else port.send(make(i));
  }
}

async function sendArrays(port, count, make) {
  const sendMany = port.sendMany ?? port.send;
  let sent = 0;
  for (const items of batches(count, make)) {
    // The last of them alone, so that there is something to wait for.
    if (++sent % (drainEvery / batch) === 0) {
      const last = items.pop();
      if (items.length > 0) sendMany(items);
      await port.drained(last);
    } else sendMany(items);
  }
}

/** `transfer` gives the memory away instead of copying it, so each message needs new memory. */
export function large({ kind, transfer = false }, tell) {
  return servePort(tell, kind, 'sum', async (port, answer, { count, size }) => {
    const bytes = new Uint8Array(size).fill(1);
    const send = async () => {
      for (let i = 0; i < count; i++) {
        if (transfer) {
          const copy = bytes.slice();
          port.send(copy, [copy.buffer]);
          if (i % 8 === 7) await new Promise(setImmediate);
        } else if (i % 8 === 7) await port.drained(bytes);
        else port.send(bytes);
      }
      const summed = answer();
      port.send(null);
      const total = await summed;
      if (total !== count * size) throw new Error(`${total} bytes arrived`);
    };
    return { bytes: await rate(count * size, send, count) };
  });
}

/** A large buffer there and a receipt back, by size. */
export function handOver({ kind, transfer = false }, tell) {
  return servePort(tell, kind, 'receipt', (port, answer, request) =>
    timeTrips(request, ({ size }) => {
      const bytes = new Uint8Array(size).fill(1);
      return async () => {
        const receipt = answer();
        if (transfer) {
          const copy = bytes.slice();
          port.send(copy, [copy.buffer]);
        } else port.send(bytes);
        const received = await receipt;
        if (received !== size) throw new Error(`${received} of ${size} bytes arrived`);
      };
    }),
  );
}
