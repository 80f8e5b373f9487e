// Ours over a pipe: round trips, and large buffers one way.
import { Pipe } from 'interproc';
import { serve } from '../harness/serve.mjs';
import { startPartner } from './ours.mjs';
import { message, rate, timeTrips, timeTripsSync } from './work.mjs';

async function servePair(tell, partnerName, data, round, options = {}) {
  const [here, there] = Pipe(options);
  const partner = await startPartner(import.meta.url, partnerName, { ...data, connection: there });
  await serve(
    tell,
    (request) => round(here, request),
    async () => {
      here.close();
      await partner.end();
    },
  );
}

export function roundTrip(_data, tell) {
  return servePair(tell, 'echo', {}, (here, request) =>
    timeTrips(request, async () => {
      await here.send(message);
      await here.recv();
    }),
  );
}

export async function echo({ connection }) {
  for await (const received of connection) await connection.send(received);
}

export function roundTripSync(_data, tell) {
  return servePair(tell, 'echoSync', {}, (here, request) =>
    timeTripsSync(request, () => {
      here.sendSync(message);
      here.recvSync();
    }),
  );
}

export function echoSync({ connection }) {
  untilEnd(() => connection.sendSync(connection.recvSync()));
}

function untilEnd(step) {
  try {
    for (;;) step();
  } catch (error) {
    if (error.code !== 'ERR_EOF' && error.code !== 'EPIPE') throw error;
  }
}

/** Empty bytes end a round; the answer to them ends the measurement. */
export function large({ form }, tell) {
  const options = { capacity: 8 << 20 };
  return servePair(
    tell,
    'largeSink',
    { form },
    async (here, { count, size }) => {
      const bytes = Buffer.alloc(size, 1);
      const sync = form === 'sync';
      return {
        bytes: await rate(count * size, async () => {
          for (let i = 0; i < count; i++) {
            if (sync) here.sendBytesSync(bytes);
            else await here.sendBytes(bytes);
          }
          await here.sendBytes(Buffer.alloc(0));
          const total = await here.recv();
          if (total !== count * size) throw new Error(`${total} bytes arrived`);
        }),
      };
    },
    options,
  );
}

export async function largeSink({ connection, form }) {
  const into = Buffer.alloc(1 << 20);
  const receive = {
    promise: async () => (await connection.recvBytes()).length,
    into: () => connection.recvBytesInto(into),
    sync: () => connection.recvBytesSync().length,
  }[form];
  let total = 0;
  try {
    for (;;) {
      const length = await receive();
      total += length;
      if (length > 0) continue;
      await connection.send(total);
      total = 0;
    }
  } catch (error) {
    if (error.code !== 'ERR_EOF') throw error;
  }
}
