// zeromq over ipc://, JSON for objects. Round trips between two PAIR sockets, streams from PUSH to PULL.
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { launchExport } from '../harness/launch.mjs';
import { serve } from '../harness/serve.mjs';
import { peer } from './peers.mjs';
import { batches, item, message, rate, timeTrips } from './work.mjs';

const options = { sendHighWaterMark: 100_000, receiveHighWaterMark: 100_000, linger: 0 };

/** Runs `role` in another process, with a PAIR socket of each here and there. */
async function servePair(tell, role, round) {
  const { Pair } = peer('zeromq');
  const folder = mkdtempSync(path.join(os.tmpdir(), 'interproc-bench-'));
  const address = `ipc://${folder}/socket`;
  const socket = new Pair(options);
  await socket.bind(address);
  const child = launchExport(import.meta.url, 'partner', { address, role });
  await child.next();
  await serve(
    tell,
    (request) => round(socket, request),
    async () => {
      socket.close();
      await child.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  );
}

export async function partner({ address, role }, tell) {
  const { Pair } = peer('zeromq');
  const socket = new Pair(options);
  socket.connect(address);
  tell('ready');
  await roles[role](socket);
}

const roles = {
  async echo(socket) {
    for await (const [received] of socket) await socket.send(received);
  },
  async echoJson(socket) {
    for await (const [received] of socket) {
      await socket.send(JSON.stringify(JSON.parse(received.toString())));
    }
  },
  /** Counts the parts of messages until an empty one. Objects are parsed. */
  async count(socket) {
    let received = 0;
    for await (const parts of socket) {
      if (parts[0].length === 0) {
        await socket.send(String(received));
        received = 0;
        continue;
      }
      received += parts.length;
      if (parts[0][0] === 0x7b) for (const part of parts) JSON.parse(part.toString());
    }
  },
  async sum(socket) {
    let total = 0;
    for await (const [bytes] of socket) {
      total += bytes.length;
      if (bytes.length > 0) continue;
      await socket.send(String(total));
      total = 0;
    }
  },
};

export function roundTrip(_data, tell) {
  return servePair(tell, 'echoJson', (socket, request) =>
    timeTrips(request, () => async () => {
      await socket.send(JSON.stringify(message));
      const [received] = await socket.receive();
      JSON.parse(received.toString());
    }),
  );
}

export function roundTripBytes(_data, tell) {
  return servePair(tell, 'echo', (socket, request) =>
    timeTrips(request, ({ size }) => {
      const bytes = Buffer.alloc(size, 1);
      return async () => {
        await socket.send(bytes);
        await socket.receive();
      };
    }),
  );
}

/** One by one, or in messages of many parts. */
export function throughput({ size, together }, tell) {
  const bytes = size && Buffer.alloc(size, 1);
  const make = size ? () => bytes : (i) => JSON.stringify(item(i));
  return servePair(tell, 'count', async (socket, { count }) => ({
    items: await rate(count, async () => {
      if (together) for (const parts of batches(count, make)) await socket.send(parts);
      else for (let i = 0; i < count; i++) await socket.send(make(i));
      await expect(socket, count);
    }),
  }));
}

export function large(_data, tell) {
  return servePair(tell, 'sum', async (socket, { count, size }) => {
    const bytes = Buffer.alloc(size, 1);
    const send = async () => {
      for (let i = 0; i < count; i++) await socket.send(bytes);
      await expect(socket, count * size);
    };
    return { bytes: await rate(count * size, send, count) };
  });
}

/** Says that all was sent, and hears how much has arrived. */
async function expect(socket, count) {
  await socket.send('');
  const [answer] = await socket.receive();
  if (Number(String(answer)) !== count) throw new Error(`${answer} of ${count} arrived`);
}
