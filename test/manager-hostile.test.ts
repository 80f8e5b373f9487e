import { randomBytes } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Address,
  AuthenticationError,
  Client,
  EOFError,
  type ManagerServer,
  MessageTooLargeError,
  Pipe,
  Queue,
  type SocketConnection,
  SyncManager,
} from '../dist/index.js';
import { descriptors } from './helpers/descriptors.js';
import { rejects } from './helpers/failures.js';
import { own, ownBoth } from './helpers/owned.js';
import { stranger } from './helpers/sockets.js';
import { until } from './helpers/time.js';

const authkey = 'the key of these tests';
const maxBytes = 100_000;
const hello = { interproc: 1, sharedMemory: false };

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

let server: ManagerServer;
let serving: Promise<void>;
/** One that was there before, and has to notice nothing. */
let witness: SyncManager;

async function begin(address?: Address): Promise<void> {
  server = new SyncManager({ address, authkey, maxBytes }).getServer();
  serving = server.serveForever();
  await server.ready;
  witness = await SyncManager.connect(server.address, { authkey });
}

async function end(): Promise<void> {
  witness.close();
  server.stop();
  await serving;
}

/** Somebody who knows the key and then says what it likes. */
async function authenticated(): Promise<SocketConnection> {
  return own(await Client(server.address, { authkey }));
}

/** What the server says until it ends the connection. */
async function untilEnd(connection: SocketConnection): Promise<unknown[]> {
  const said: unknown[] = [];
  for (;;) {
    try {
      said.push(await connection.recv({ timeout: 20_000 }));
    } catch (error) {
      expect(error).toBeInstanceOf(EOFError);
      return said;
    }
  }
}

for (const [where, address] of [
  ['over TCP', { host: '127.0.0.1', port: 0 }],
  ['over a Unix socket', undefined],
] as const) {
  describe(`a manager ${where}`, () => {
    beforeEach(() => begin(address));
    afterEach(end);

    it('ends the connection of one who begins with anything but a hello', async () => {
      const garbage = [randomBytes(50), Buffer.alloc(0), Buffer.from([0xc1]), randomBytes(90_000)];
      const strange = [null, 5, 'hello', [], {}, { interproc: 2 }, new Map([[1, 2]])];
      for (const bytes of garbage) {
        const connection = await authenticated();
        await connection.sendBytes(bytes);
        expect(await untilEnd(connection)).toEqual([]);
      }
      for (const value of strange) {
        const connection = await authenticated();
        await connection.send(value);
        expect(await untilEnd(connection)).toEqual([]);
      }
      expect(await witness.numberOfObjects()).toBe(0);
    });

    it('ends the connection of one who sends what is no message, and says why', async () => {
      const made = [[0, 1, 0, 'numberOfObjects', [[]]]];
      const strange: unknown[] = [
        7,
        null,
        'text',
        { 0: [] },
        [7],
        [[]],
        [[0]],
        [['call', 1]],
        [[99, 1]],
        [[-1, 1]],
        [[0, 1.5, 0, 'create', [[]]]],
        [[0, Number.NaN, 0, 'create', [[]]]],
        [[0, 0, 0, 'create', [[]]]],
        [[0, -1, 0, 'create', [[]]]],
        [[0, 1, 0, 'create']],
        [[0, 1, '0', 'create', [[]]]],
        [[0, 1, 0, 5, [[]]]],
        [[0, 1, 0, 'create', {}]],
        [[0, 1, 0, 'create', []]],
        [[0, 1, 0, 'create', [{}]]],
        [[0, 1, 0, 'create', [[], 'text']]],
        [[0, 1, 0, 'create', [Buffer.from([0xc1])]]],
        [[0, 1, 0, 'create', [Buffer.from([0x05])]]],
        [[0, 1, 0, 'create', [Buffer.alloc(0)]]],
        [[1, 1, 0, 'create', [[{}], [{}]]]],
        [['__proto__', 1, 0, 'create', [[]]]],
        [['constructor', 1, 0, 'create', [[]]]],
        [[4, 1, 0]],
        [[4, 1, -1]],
        [[4, 1, 'all']],
        // The beginning is served; what breaks the rules comes behind it.
        [...made, [99, 1]],
      ];
      for (const message of strange) {
        const connection = await authenticated();
        await connection.send(hello);
        await connection.recv();
        await connection.send(message);
        const said = (await untilEnd(connection)) as unknown[][][];
        const last = said.at(-1)?.at(-1);
        expect(last?.slice(0, 2)).toEqual([6, 0]);
      }
      for (const bytes of [randomBytes(50), Buffer.alloc(0), Buffer.from([0xdd, 0xff, 0xff])]) {
        const connection = await authenticated();
        await connection.send(hello);
        await connection.recv();
        await connection.sendBytes(bytes);
        expect(await untilEnd(connection)).toHaveLength(1);
      }
      await until(async () => (await witness.numberOfObjects()) === 0);
    });

    it('answers calls of what is not there, or not allowed, with an error, and goes on', async () => {
      const connection = await authenticated();
      await connection.send(hello);
      await connection.recv();
      const calls: [number, string, unknown[]][] = [
        [0, 'nothing', []],
        [0, 'create', []],
        [0, 'create', ['nothing', []]],
        [0, 'create', ['__proto__', []]],
        [0, 'create', ['list', 'abc']],
        [0, 'attach', []],
        [0, 'attach', [server.name, 77]],
        [0, 'attach', ['another', 1]],
        [77, 'get', []],
        [-77, 'get', []],
        [2 ** 40, 'get', []],
      ];
      for (const [index, [target, method, args]] of calls.entries()) {
        await connection.send([[0, index + 1, target, method, [args]]]);
        const [[what, number]] = (await connection.recv()) as [unknown[]];
        expect([what, number]).toEqual([6, index + 1]);
      }
      const list = await witness.list();
      const { object } = list.handle;
      for (const [index, method] of [
        'constructor',
        '__proto__',
        'toString',
        '_items',
        '',
      ].entries()) {
        await connection.send([[0, 100 + index, object, method, [[]]]]);
        const [[what, number]] = (await connection.recv()) as [unknown[]];
        expect([what, number]).toEqual([6, 100 + index]);
      }
      // References that are others' are not this client's to give back.
      await connection.send([[4, object, 1000]]);
      await connection.send([[0, 200, object, 'length', [[]]]]);
      expect(await connection.recv()).toEqual([[5, 200, [0]]]);
      await list.append(1);
    });

    it('takes no message longer than maxBytes; a call that is longer rejects alone', async () => {
      const client = await SyncManager.connect(server.address, { authkey });
      const list = await client.list();
      const long = list.append('x'.repeat(maxBytes));
      const short = list.append('short');
      await rejects(long, MessageTooLargeError, 'ERR_MESSAGE_TOO_LARGE');
      await short;
      expect(await list.copy()).toEqual(['short']);
      client.close();
      const connection = await authenticated();
      await connection.send(hello);
      await connection.recv();
      const before = process.memoryUsage().arrayBuffers;
      await connection.sendBytes(Buffer.alloc(maxBytes + 1));
      await untilEnd(connection).catch(() => undefined);
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
      expect(await witness.numberOfObjects()).toBe(0);
    });

    it(`${address === undefined ? 'takes' : 'attaches to no'} shared memory that a client names`, async () => {
      const memory = own(new Queue<number>());
      await memory.put(7);
      const connection = await authenticated();
      await connection.send(hello);
      await connection.recv();
      const list = await witness.list();
      // As a client writes that does not keep to the rules: the library's own refuses to send it over TCP.
      const [writer, reader] = Pipe();
      ownBoth([writer, reader]);
      await writer.send([[0, 1, list.handle.object, 'append', [[memory]]]]);
      const bytes = await reader.recvBytes();
      expect(bytes.includes(memory.name)).toBe(true);
      await connection.sendBytes(bytes);
      if (address === undefined) {
        expect(((await connection.recv()) as unknown[][])[0]?.slice(0, 2)).toEqual([5, 1]);
        expect(await list.length()).toBe(1);
      } else {
        expect(((await untilEnd(connection)) as unknown[][][])[0]?.[0]?.slice(0, 2)).toEqual([
          6, 0,
        ]);
        expect(await list.length()).toBe(0);
      }
    });

    it('serves one who sends byte by byte, and the others meanwhile', async () => {
      const { connection, relay } = await throughRelay();
      const list = await witness.list<number>();
      let served = 0;
      relay.slow(async (byte) => {
        await list.append(byte);
        served++;
      });
      await connection.send([[0, 1, 0, 'numberOfObjects', [[]]]]);
      expect(await connection.recv()).toEqual([[5, 1, [1]]]);
      expect(served).toBeGreaterThan(20);
      expect(await list.length()).toBe(served);
      expect(await list.get(0)).toBe(0);
    });

    it('has nothing left of 1,000 connections that came and went at any moment', async () => {
      const list = await witness.list([1]);
      const sockets = socketsFromNowOn();
      await visit(40);
      collect();
      const before = { fds: descriptors(), heap: process.memoryUsage().heapUsed };
      for (let round = 0; round < 24; round++) await visit(40);
      await until(() => descriptors() <= before.fds);
      await until(async () => (await witness.numberOfObjects()) === 1);
      expect(await list.copy()).toEqual([1]);
      expect(sockets.seen()).toBeGreaterThan(500);
      // Whatever is kept of a client keeps its socket. The server's loop has the last one still in its hand.
      await until(() => {
        collect();
        return sockets.alive() < 10;
      });
      expect(process.memoryUsage().heapUsed - before.heap).toBeLessThan(10_000_000);
    });
  });
}

/** Counts the sockets that servers of this process take from here to the end of the test, and those of them that something still refers to. */
function socketsFromNowOn() {
  const taken: WeakRef<Socket>[] = [];
  const take = (message: unknown) => {
    taken.push(new WeakRef((message as { socket: Socket }).socket));
  };
  subscribe('net.server.socket', take);
  own({ close: () => unsubscribe('net.server.socket', take) });
  return {
    seen: () => taken.length,
    alive: () => taken.filter((socket) => socket.deref() !== undefined).length,
  };
}

/** So many at once: strangers, half hellos, wrong keys, clients that leave in a call, clients that leave well. */
async function visit(count: number): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const kind = index % 5;
      if (kind < 2) {
        const socket = await stranger(server.address);
        socket.resume();
        if (kind === 0) socket.destroy();
        else socket.end(randomBytes(index));
      } else if (kind === 2) {
        const connecting = SyncManager.connect(server.address, { authkey: `wrong ${index}` });
        await rejects(connecting, AuthenticationError, 'ERR_AUTHENTICATION');
      } else if (kind === 3) {
        const connection = await Client(server.address, { authkey });
        if (index % 2 === 0) await connection.send(hello);
        connection.close();
      } else {
        const client = await SyncManager.connect(server.address, { authkey });
        const queue = await client.Queue();
        const waiting = queue.get().catch(() => undefined);
        if (index % 2 === 0) await client.numberOfObjects();
        client.close();
        await waiting;
      }
    }),
  );
}

/** Somebody who knows the key, behind a relay that can be told to pass its bytes on one at a time. */
async function throughRelay() {
  let before: ((byte: number) => Promise<void>) | undefined;
  const target = server.address;
  const net = createServer(async (near) => {
    const far = typeof target === 'string' ? connect(target) : connect(target.port, target.host);
    own({ close: () => far.destroy() });
    far.pipe(near);
    far.on('error', () => near.destroy());
    near.on('error', () => far.destroy());
    for await (const chunk of near as AsyncIterable<Buffer>) {
      if (before === undefined) far.write(chunk);
      else {
        for (const byte of chunk) {
          await before(byte);
          await new Promise((sent) => far.write(Buffer.of(byte), sent));
        }
      }
    }
    far.destroy();
  });
  own({ close: () => net.close() });
  await once(net.listen(0, '127.0.0.1'), 'listening');
  const connection = own(
    await Client({ port: (net.address() as { port: number }).port }, { authkey }),
  );
  await connection.send(hello);
  await connection.recv();
  const slow = (act: (byte: number) => Promise<void>) => {
    before = act;
  };
  return { connection, relay: { slow } };
}
