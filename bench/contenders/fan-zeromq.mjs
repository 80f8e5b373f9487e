// zeromq, many to many: each consumer has a PULL socket, and each producer a PUSH socket to each of them, used in turns, so
// that it can tell everybody when it is done.
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { launchExport } from '../harness/launch.mjs';
import { serve } from '../harness/serve.mjs';
import { peer } from './peers.mjs';
import { item, rate } from './work.mjs';

const highWaterMark = 100_000;

export async function fan({ producers, consumers }, tell) {
  peer('zeromq');
  const folder = mkdtempSync(path.join(os.tmpdir(), 'interproc-bench-'));
  const addresses = Array.from({ length: consumers }, (_, i) => `ipc://${folder}/${i}`);
  const sinks = addresses.map((address) =>
    launchExport(import.meta.url, 'consume', { address, producers }),
  );
  await Promise.all(sinks.map((sink) => sink.next()));
  const sources = Array.from({ length: producers }, () =>
    launchExport(import.meta.url, 'produce', { addresses }),
  );
  await Promise.all(sources.map((source) => source.next()));
  await serve(
    tell,
    async ({ count }) => {
      const share = Math.floor(count / producers);
      const total = share * producers;
      const sample = await rate(total, async () => {
        for (const one of [...sinks, ...sources]) one.tell({ count: share });
        await Promise.all(sources.map((source) => source.next()));
        const counts = await Promise.all(sinks.map((sink) => sink.next()));
        const received = counts.reduce((sum, one) => sum + one.received, 0);
        if (received !== total) throw new Error(`${received} of ${total} items arrived`);
      });
      return { items: sample };
    },
    async () => {
      await Promise.all([...sources, ...sinks].map((one) => one.kill()));
      rmSync(folder, { recursive: true, force: true });
    },
  );
}

export async function produce({ addresses }, tell) {
  const { Push } = peer('zeromq');
  const sockets = addresses.map((address) => {
    const socket = new Push({ sendHighWaterMark: highWaterMark, linger: 0 });
    socket.connect(address);
    return socket;
  });
  await serve(tell, async ({ count }) => {
    for (let i = 0; i < count; i++) {
      await sockets[i % sockets.length].send(JSON.stringify(item(i)));
    }
    for (const socket of sockets) await socket.send('');
    return { done: true };
  });
}

export async function consume({ address, producers }, tell) {
  const { Pull } = peer('zeromq');
  const socket = new Pull({ receiveHighWaterMark: highWaterMark, linger: 0 });
  await socket.bind(address);
  await serve(tell, async () => {
    let received = 0;
    let ended = 0;
    for await (const [bytes] of socket) {
      if (bytes.length > 0) {
        JSON.parse(bytes.toString());
        received++;
      } else if (++ended === producers) break;
    }
    return { received };
  });
}
