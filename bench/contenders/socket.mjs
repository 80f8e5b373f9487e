// Large buffers over a Unix socket: the length in four bytes, then the bytes. What a program without a library would write.
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { launchExport } from '../harness/launch.mjs';
import { serve } from '../harness/serve.mjs';
import { rate } from './work.mjs';

export async function large(_data, tell) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'interproc-bench-'));
  const address = path.join(folder, 'socket');
  const server = net.createServer().listen(address);
  const child = launchExport(import.meta.url, 'sink', { address });
  const socket = await new Promise((resolve) => server.once('connection', resolve));
  server.close();
  rmSync(folder, { recursive: true, force: true });
  socket.on('error', () => {});

  const write = (data) => new Promise((resolve) => socket.write(data, resolve));
  const header = (length) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(length);
    return bytes;
  };
  await serve(
    tell,
    async ({ count, size }) => {
      const bytes = Buffer.alloc(size, 1);
      return {
        bytes: await rate(count * size, async () => {
          for (let i = 0; i < count; i++) {
            socket.write(header(size));
            await write(bytes);
          }
          const answer = new Promise((resolve) => socket.once('data', resolve));
          socket.write(header(0));
          const total = Number(String(await answer));
          if (total !== count * size) throw new Error(`${total} bytes arrived`);
        }),
      };
    },
    async () => {
      socket.destroy();
      await child.end();
    },
  );
}

/** Puts whole messages together, as every receiver must. */
export async function sink({ address }) {
  const socket = net.connect(address);
  socket.on('error', () => process.exit());
  const head = Buffer.alloc(4);
  let inHead = 0;
  let message;
  let filled = 0;
  let total = 0;

  socket.on('data', (data) => {
    let at = 0;
    while (at < data.length) {
      if (message === undefined) {
        const taken = data.copy(head, inHead, at, at + 4 - inHead);
        at += taken;
        inHead += taken;
        if (inHead < 4) return;
        inHead = 0;
        message = Buffer.allocUnsafe(head.readUInt32LE());
        filled = 0;
      }
      const taken = data.copy(message, filled, at);
      at += taken;
      filled += taken;
      if (filled === message.length) finish();
    }
  });
  await new Promise((resolve) => socket.on('close', resolve));

  function finish() {
    if (message.length === 0) {
      socket.write(String(total));
      total = 0;
    } else total += message.length;
    message = undefined;
  }
}
