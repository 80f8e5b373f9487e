// What Node.js itself offers between processes and threads, behind one shape: `send`, `onMessage`, `drained`, `close`.
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { launchExport } from '../harness/launch.mjs';
import { framesOver } from './frames.mjs';
import { roles } from './roles.mjs';

const self = fileURLToPath(import.meta.url);

/** Starts `role` in another process or thread, and gives this side's port to it. */
export function openPort(kind, role) {
  const open = {
    json: forked,
    advanced: forked,
    thread: threaded,
    lines: socketed,
    frames: socketed,
  };
  return open[kind](role, kind);
}

/** How messages stand in a socket's bytes. */
const over = { lines: linesOver, frames: framesOver };

function forked(role, serialization) {
  const child = fork(self, ['fork', role], {
    serialization,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  return {
    send: (message) => child.send(message),
    onMessage: (listener) => child.on('message', listener),
    drained: (message) => new Promise((resolve) => child.send(message, resolve)),
    async close() {
      child.disconnect();
      await exited;
    },
  };
}

function threaded(role) {
  const worker = new Worker(self, { workerData: { role } });
  return {
    send: (message, list) => worker.postMessage(message, list),
    onMessage: (listener) => worker.on('message', listener),
    drained(message) {
      worker.postMessage(message);
      return new Promise(setImmediate);
    },
    close: () => worker.terminate(),
  };
}

async function socketed(role, kind) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'interproc-bench-'));
  const address = path.join(folder, 'socket');
  try {
    const server = net.createServer().listen(address);
    const child = launchExport(import.meta.url, 'connected', { address, role, kind });
    const socket = await new Promise((resolve) => server.once('connection', resolve));
    server.close();
    const port = over[kind](socket);
    return {
      ...port,
      async close() {
        socket.destroy();
        await child.end();
      },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function linesOver(socket) {
  socket.setEncoding('utf8');
  return {
    send: (message) => socket.write(`${JSON.stringify(message)}\n`),
    onMessage(listener) {
      let rest = '';
      socket.on('data', (text) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop();
        for (const line of lines) listener(JSON.parse(line));
      });
    },
    drained: (message) =>
      new Promise((resolve) => socket.write(`${JSON.stringify(message)}\n`, resolve)),
  };
}

export async function connected({ address, role, kind }) {
  const socket = net.connect(address);
  socket.on('error', () => process.exit());
  roles[role](over[kind](socket));
  await new Promise((resolve) => socket.on('close', resolve));
}

// The other side of a fork or a thread.
if (!isMainThread && workerData?.role) {
  roles[workerData.role]({
    send: (message) => parentPort.postMessage(message),
    onMessage: (listener) => parentPort.on('message', listener),
    drained(message) {
      parentPort.postMessage(message);
      return new Promise(setImmediate);
    },
  });
} else if (process.argv[2] === 'fork') {
  process.on('SIGINT', () => {});
  process.on('disconnect', () => process.exit());
  roles[process.argv[3]]({
    send: (message) => process.send(message),
    onMessage: (listener) => process.on('message', listener),
    drained: (message) => new Promise((resolve) => process.send(message, resolve)),
  });
}
