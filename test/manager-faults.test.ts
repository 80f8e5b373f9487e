import { describe, expect, it } from 'vitest';
import {
  activeChildren,
  type Address,
  type ConnectOptions,
  InterprocError,
  RemoteError,
  SyncManager,
} from '../dist/index.js';
import { makeCertificate } from './helpers/certificates.js';
import { rejects } from './helpers/failures.js';
import { Peer } from './helpers/peer.js';
import { isPending, until } from './helpers/time.js';

const authkey = 'the key of these tests';
const tcp: Address = { host: '127.0.0.1', port: 0 };
const tls = makeCertificate('IP:127.0.0.1');
/** What the clients of a manager over this transport need, and where its server listens. */
const transports: [name: string, address: Address | undefined, client: ConnectOptions][] = [
  ['shared memory', undefined, { authkey }],
  ['a Unix socket', undefined, { authkey, sharedMemory: false }],
  ['TCP', tcp, { authkey }],
  ['TLS', tcp, { authkey, tls: { ca: tls.cert } }],
];

async function start(address: Address | undefined, encrypted: boolean) {
  const before = new Set(activeChildren());
  const manager = new SyncManager({ address, authkey, ...(encrypted ? { tls } : {}) });
  await manager.start();
  const server = activeChildren().find((child) => !before.has(child));
  return { manager, pid: server?.pid as number };
}

for (const [name, address, options] of transports) {
  describe(`over ${name}`, () => {
    it('a killed server rejects 100 pending calls with one error, and every later one', async () => {
      const { manager, pid } = await start(address, options.tls !== undefined);
      const client = await SyncManager.connect(manager.address as Address, options);
      const queue = await client.Queue();
      const calls = Array.from({ length: 100 }, () =>
        (queue.get() as Promise<unknown>).then(
          () => new Error('it gave something'),
          (error: unknown) => error,
        ),
      );
      await client.numberOfObjects();
      process.kill(pid, 'SIGKILL');
      const errors = await Promise.all(calls);
      expect(errors[0]).toBeInstanceOf(RemoteError);
      expect((errors[0] as RemoteError).code).toBe('ERR_REMOTE');
      expect(new Set(errors).size).toBe(1);
      await rejects(queue.put(1), RemoteError, 'ERR_REMOTE');
      await rejects(client.numberOfObjects(), RemoteError, 'ERR_REMOTE');
      await rejects(client.list() as Promise<unknown>, RemoteError, 'ERR_REMOTE');
      client.close();
      await manager.shutdown();
    });

    it('a client that is killed in a call gives back all that it had', async () => {
      const { manager } = await start(address, options.tls !== undefined);
      const client = new Peer('manager-client', 'waitInCalls', {
        address: manager.address,
        options,
      });
      await client.event('waiting');
      expect(await manager.numberOfObjects()).toBe(2);
      client.kill();
      await until(async () => (await manager.numberOfObjects()) === 0);
      await (await manager.list([1])).append(2);
      await manager.shutdown();
    });

    it('a shutdown with calls pending rejects them, and the server ends', async () => {
      const { manager, pid } = await start(address, options.tls !== undefined);
      const client = await SyncManager.connect(manager.address as Address, options);
      const queue = await client.Queue();
      const calls = Array.from({ length: 100 }, () =>
        rejects(queue.get() as Promise<unknown>, InterprocError, 'ERR_REMOTE'),
      );
      const ours = (await manager.Event()).wait() as Promise<unknown>;
      const ourEnd = ours.catch((error: unknown) => error);
      await client.numberOfObjects();
      await manager.shutdown();
      await Promise.all(calls);
      expect(await ourEnd).toBeInstanceOf(InterprocError);
      expect(() => process.kill(pid, 0)).toThrow('ESRCH');
      client.close();
    });
  });
}

it('a pending call keeps the process alive, an idle connection does not', async () => {
  const { manager } = await start(tcp, false);
  const idle = new Peer('manager-client', 'stayIdle', {
    address: manager.address,
    options: { authkey },
  });
  expect(await idle.ended).toEqual({ code: 0, signal: null });
  const waiting = new Peer('manager-client', 'waitInCalls', {
    address: manager.address,
    options: { authkey },
  });
  await waiting.event('waiting');
  expect(await isPending(waiting.ended, 500)).toBe(true);
  await manager.shutdown();
  await waiting.event('gone');
  expect(await waiting.ended).toEqual({ code: 0, signal: null });
});
