// The peers that Node.js brings, each used in the way that suits it best: callbacks, and a pause for its buffers to drain
// now and then.
import { serve } from '../harness/serve.mjs';
import { openPort } from './ports.mjs';
import { item, message, rate, timeTrips } from './work.mjs';

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
    timeTrips(request, () => {
      port.send(message);
      return answer();
    }),
  );
}

export function throughput({ kind }, tell) {
  return servePort(tell, kind, 'sink', async (port, answer, { count }) => ({
    items: await rate(count, async () => {
      for (let i = 0; i < count; i++) {
        if (i % drainEvery === drainEvery - 1) await port.drained(item(i));
        else port.send(item(i));
      }
      port.send(null);
      const received = await answer();
      if (received !== count) throw new Error(`${received} of ${count} items arrived`);
    }),
  }));
}

/** `transfer` gives the memory away instead of copying it, so each message needs new memory. */
export function large({ kind, transfer = false }, tell) {
  return servePort(tell, kind, 'sink', async (port, answer, { count, size }) => {
    const bytes = new Uint8Array(size).fill(1);
    return {
      bytes: await rate(count * size, async () => {
        for (let i = 0; i < count; i++) {
          if (transfer) {
            const copy = bytes.slice();
            port.send(copy, [copy.buffer]);
            if (i % 8 === 7) await new Promise(setImmediate);
          } else if (i % 8 === 7) await port.drained(bytes);
          else port.send(bytes);
        }
        port.send(null);
        const total = await answer();
        if (total !== count * size) throw new Error(`${total} bytes arrived`);
      }),
    };
  });
}
