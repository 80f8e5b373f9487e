// A contender whose other process is a Python program: ours over queues and pipes, and a Unix socket with MessagePack.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Pipe, Process, Queue } from 'interproc';
import { Packr, Unpackr } from 'msgpackr';
import { serve } from '../harness/serve.mjs';
import { batch, batches, item, rate, timeTrips } from './work.mjs';

const program = ['/usr/bin/python3', '/usr/local/bin/python3'].find(existsSync) ?? 'python3';
const script = fileURLToPath(new URL('python_partner.py', import.meta.url));
const packages = fileURLToPath(new URL('../../python', import.meta.url));

function startPython(role, ...args) {
  const partner = new Process({
    command: [program, script],
    args: [role, ...args],
    env: { PYTHONPATH: packages },
    daemon: true,
  });
  partner.on('exit', (code) => {
    if (code === 0) return;
    console.error(`${role}: the Python process ended with ${code}`);
    process.exit(1);
  });
  return partner.start();
}

// ---- Small objects over a queue

const put = {
  async single(queue, count) {
    for (let i = 0; i < count; i++) await queue.put(item(i));
  },
  async many(queue, count) {
    for (const items of batches(count)) await queue.putMany(items);
  },
};

const get = {
  single: async (queue) => [await queue.get()],
  many: (queue) => queue.getMany(batch),
};

/** `to` 'python' or 'node': who receives. */
export async function throughput({ form, to }, tell) {
  const [queue, answers] = [new Queue(), new Queue()];
  const partner = startPython(
    to === 'python' ? 'queue_sink' : 'queue_source',
    queue,
    answers,
    form,
  );
  const rounds = {
    async python(count) {
      await put[form](queue, count);
      await queue.put(null);
      return answers.get();
    },
    async node(count) {
      await answers.put(count);
      for (let received = 0; ; ) {
        for (const one of await get[form](queue)) {
          if (one === null) return received;
          received++;
        }
      }
    },
  };
  await serve(
    tell,
    async ({ count }) => ({ items: await rate(count, () => checked(count, rounds[to](count))) }),
    async () => {
      queue.shutdown();
      answers.shutdown();
      await partner.join();
      queue.close();
      answers.close();
    },
  );
}

async function checked(count, received) {
  if ((await received) !== count) throw new Error(`${await received} of ${count} items arrived`);
}

// ---- Small objects over a socket, one MessagePack after the other, which needs no frames

export async function socketThroughput({ form, to }, tell) {
  if (spawnSync(program, ['-c', 'import msgpack']).status !== 0) {
    throw Object.assign(new Error('apt-get install python3-msgpack'), { code: 'ERR_PEER_MISSING' });
  }
  const server = createServer();
  const folder = mkdtempSync(join(tmpdir(), 'interproc-bench-'));
  const path = join(folder, 'socket');
  server.listen(path);
  await once(server, 'listening');
  const role = to === 'python' ? 'socket_sink' : 'socket_source';
  const partner = startPython(role, path, form);
  const [socket] = await once(server, 'connection');
  server.close();
  rmSync(folder, { recursive: true, force: true });
  const { pack } = new Packr({ useRecords: false });
  const inbox = unpacked(socket);

  const send = async (count) => {
    let sent = 0;
    const pieces = form === 'many' ? batches(count) : singles(count);
    for (const items of pieces) {
      const more = socket.write(
        items.length === 1 ? pack(items[0]) : Buffer.concat(items.map((one) => pack(one))),
      );
      sent += items.length;
      if (!more && sent % 1_000 === 0) await once(socket, 'drain');
    }
    socket.write(pack(null));
  };
  const rounds = {
    async python(count) {
      const [answer] = await Promise.all([inbox.next((one) => one), send(count)]);
      return answer;
    },
    node(count) {
      let received = 0;
      socket.write(pack(count));
      return inbox.next((one) => (one === null ? received : void received++));
    },
  };
  await serve(
    tell,
    async ({ count }) => ({ items: await rate(count, () => checked(count, rounds[to](count))) }),
    async () => {
      socket.end();
      await partner.join();
    },
  );
}

function* singles(count) {
  for (let i = 0; i < count; i++) yield [item(i)];
}

/** `next(take)` calls `take` with each value that comes, until it gives one back. */
function unpacked(socket) {
  const unpackr = new Unpackr({ useRecords: false });
  let rest;
  let listener = () => {};
  socket.on('data', (chunk) => {
    const data = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
    rest = undefined;
    try {
      unpackr.unpackMultiple(data, (one) => listener(one));
    } catch (error) {
      if (!error.incomplete) throw error;
      rest = data.subarray(error.lastPosition);
    }
  });
  return {
    next: (take) =>
      new Promise((resolve) => {
        listener = (one) => {
          const result = take(one);
          if (result !== undefined) resolve(result);
        };
      }),
  };
}

// ---- Large messages: there, or here, and a receipt or an order the other way

export async function handOver({ to }, tell) {
  const [here, there] = Pipe();
  const partner = startPython(to === 'python' ? 'loan_sink' : 'loan_source', there);
  const trips = {
    async python(size) {
      await here.send(await here.alloc(size));
      return here.recv();
    },
    async node(size) {
      await here.send(size);
      const loan = await here.recvLoan();
      const length = loan.buffer[0] + loan.buffer[loan.size - 1] >= 0 ? loan.size : -1;
      loan.release();
      return length;
    },
  };
  await serve(
    tell,
    (request) =>
      timeTrips(request, ({ size }) => async () => {
        const received = await trips[to](size);
        if (received !== size) throw new Error(`${received} of ${size} bytes arrived`);
      }),
    async () => {
      here.close();
      await partner.join();
    },
  );
}
