// A process that sleeps in its event loop, and is woken by a byte over a Unix socket.
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { launchExport } from '../harness/launch.mjs';
import { serve } from '../harness/serve.mjs';
import { latencies } from '../harness/statistics.mjs';
import { sleep } from './work.mjs';

function now() {
  return Number(process.hrtime.bigint()) / 1000;
}

export async function wake(_data, tell) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'interproc-bench-'));
  const address = path.join(folder, 'socket');
  const server = net.createServer().listen(address);
  const child = launchExport(import.meta.url, 'sleeper', { address });
  const socket = await new Promise((resolve) => server.once('connection', resolve));
  server.close();
  rmSync(folder, { recursive: true, force: true });
  socket.on('error', () => {});
  await serve(
    tell,
    async ({ count, silenceMs }) => {
      const times = [];
      for (let i = 0; i < count; i++) {
        await sleep(silenceMs);
        const start = now();
        socket.write('x');
        times.push((await child.next()) - start);
      }
      return { wake: latencies(Float64Array.from(times)) };
    },
    async () => {
      socket.destroy();
      await child.end();
    },
  );
}

export async function sleeper({ address }, tell) {
  const socket = net.connect(address);
  socket.on('error', () => process.exit());
  socket.on('data', () => {
    const woken = now();
    tell(woken);
  });
  await new Promise((resolve) => socket.on('close', resolve));
}
