// Ours over a pipe: round trips, and large buffers one way.
import { Pipe } from 'interproc';
import { serve } from '../harness/serve.mjs';
import { startPartner } from './ours.mjs';
import { item, message, rate, timeTrips, timeTripsSync } from './work.mjs';

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
    timeTrips(request, () => async () => {
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
    timeTripsSync(request, () => () => {
      here.sendSync(message);
      here.recvSync();
    }),
  );
}

export function echoSync({ connection }) {
  untilEnd(() => connection.sendSync(connection.recvSync()));
}

export function roundTripBytes(_data, tell) {
  return servePair(tell, 'echoBytes', {}, (here, request) =>
    timeTrips(request, ({ size }) => {
      const bytes = Buffer.alloc(size, 1);
      return async () => {
        await here.sendBytes(bytes);
        await here.recvBytes();
      };
    }),
  );
}

export async function echoBytes({ connection }) {
  try {
    for (;;) await connection.sendBytes(await connection.recvBytes());
  } catch (error) {
    passUnlessOver(error);
  }
}

export function roundTripBytesSync(_data, tell) {
  return servePair(tell, 'echoBytesSync', {}, (here, request) =>
    timeTripsSync(request, ({ size }) => {
      const bytes = Buffer.alloc(size, 1);
      return () => {
        here.sendBytesSync(bytes);
        here.recvBytesSync();
      };
    }),
  );
}

export function echoBytesSync({ connection }) {
  untilEnd(() => connection.sendBytesSync(connection.recvBytesSync()));
}

function untilEnd(step) {
  try {
    for (;;) step();
  } catch (error) {
    passUnlessOver(error);
  }
}

function passUnlessOver(error) {
  if (error.code !== 'ERR_EOF' && error.code !== 'EPIPE') throw error;
}

/** Objects one way. `null` ends a round; the answer to it ends the measurement. */
export function throughput(_data, tell) {
  return servePair(tell, 'sink', {}, async (here, { count }) => ({
    items: await rate(count, async () => {
      for (let i = 0; i < count; i++) await here.send(item(i));
      await here.send(null);
      const received = await here.recv();
      if (received !== count) throw new Error(`${received} of ${count} items arrived`);
    }),
  }));
}

export async function sink({ connection }) {
  let received = 0;
  for await (const one of connection) {
    if (one !== null) {
      received++;
      continue;
    }
    await connection.send(received);
    received = 0;
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
      const send = async () => {
        for (let i = 0; i < count; i++) {
          if (sync) here.sendBytesSync(bytes);
          else await here.sendBytes(bytes);
        }
        await here.sendBytes(Buffer.alloc(0));
        const total = await here.recv();
        if (total !== count * size) throw new Error(`${total} bytes arrived`);
      };
      return { bytes: await rate(count * size, send, count) };
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
    passUnlessOver(error);
  }
}
