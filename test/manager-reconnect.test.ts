import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Address,
  LockNotOwnedError,
  type ManagerServer,
  RemoteError,
  SyncManager,
} from '../dist/index.js';
import { rejects } from './helpers/failures.js';
import { references, until } from './helpers/managers.js';

const authkey = 'the key of these tests';
const host = '127.0.0.1';
const folder = mkdtempSync(path.join(tmpdir(), 'manager-reconnect-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Served {
  readonly server: ManagerServer;
  stop(): Promise<void>;
}

async function serve(address: Address): Promise<Served> {
  const server = new SyncManager({ address, authkey }).getServer();
  const serving = server.serveForever();
  await server.ready;
  const stop = async () => {
    server.stop();
    await serving;
  };
  return { server, stop };
}

/** A cable between client and server that can be cut, and that can lose what the server says. */
async function cable(to: { port: number }) {
  const near = new Set<Socket>();
  const far = new Set<Socket>();
  let deaf = false;
  let swallowed = 0;
  const keep = (ends: Set<Socket>, end: Socket) => {
    ends.add(end);
    end.on('error', () => undefined).on('close', () => ends.delete(end));
  };
  const relay = createServer((client) => {
    const server = connect(to.port, host);
    keep(near, client);
    keep(far, server);
    client.on('data', (bytes: Buffer) => server.write(bytes));
    server.on('data', (bytes: Buffer) => {
      if (deaf) swallowed += bytes.length;
      else client.write(bytes);
    });
    server.on('close', () => client.end());
    client.on('close', () => server.destroy());
  }).listen(0, host);
  await once(relay, 'listening');
  return {
    address: { host, port: (relay.address() as { port: number }).port },
    /** From now on answers are lost; resolves when one was. */
    async loseAnswer() {
      swallowed = 0;
      deaf = true;
      await until(async () => swallowed > 0);
    },
    /** Resolves when the client has met the end of the connection: it ends its own direction then. */
    async cut() {
      deaf = false;
      // Not once(): a reset is an end as well.
      const closed = [...near].map((end) => new Promise((resolve) => end.once('close', resolve)));
      for (const end of near) end.end();
      for (const end of far) end.destroy();
      await Promise.all(closed);
    },
    remove() {
      for (const end of [...near, ...far]) end.destroy();
      relay.close();
    },
  };
}

describe('a manager that is asked to reconnect, when the connection breaks', () => {
  let served: Served;
  let wire: Awaited<ReturnType<typeof cable>>;
  let witness: SyncManager;
  let client: SyncManager;

  beforeEach(async () => {
    served = await serve({ host, port: 0 });
    const { address } = served.server;
    wire = await cable(address as { port: number });
    witness = await SyncManager.connect(address, { authkey });
    client = await SyncManager.connect(wire.address, { authkey, reconnect: true });
  });

  afterEach(async () => {
    client.close();
    witness.close();
    wire.remove();
    await served.stop();
  });

  it('fails the calls in flight with one error, and repeats none of them', async () => {
    const list = await client.list<string>();
    const kept = await witness.list<unknown>([list]);
    const run = list.append('once').catch((error: unknown) => error);
    const other = list.length().catch((error: unknown) => error);
    await wire.loseAnswer();
    await wire.cut();
    const error = await run;
    expect(error).toBeInstanceOf(RemoteError);
    expect(await other).toBe(error);
    expect((error as RemoteError).code).toBe('ERR_REMOTE');
    // The server ran it, which the client cannot know.
    expect(await list.copy()).toEqual(['once']);
    expect(await kept.length()).toBe(1);
  });

  it('does not cost a call that is made afterwards', async () => {
    for (let n = 0; n < 3; n++) {
      const list = await client.list([n]);
      expect(await list.get(0)).toBe(n);
      list.dispose();
      await wire.cut();
    }
  });

  it('keeps proxies of objects that others hold, and no others', async () => {
    const alone = await client.list([1]);
    const held = await client.dict({ a: 1 });
    const outer = await witness.list<unknown>([held]);
    const found = (await (await client.list([outer])).get(0)) as typeof outer;
    const again = (await found.get(0)) as typeof held;
    await wire.cut();
    // Its references are given back: what nobody else refers to goes.
    await references(witness, held, 1);
    expect(await held.get('a')).toBe(1);
    await references(witness, held, 2);
    const gone = await rejects(alone.get(0), RemoteError, 'ERR_REMOTE');
    expect(gone.message).toMatch(/no object/);
    alone.dispose();
    // This one was of the old connection alone: there is nothing to give back.
    again.dispose();
    await client.numberOfObjects();
    await references(witness, held, 2);
    held.dispose();
    await references(witness, held, 1);
    expect(await outer.length()).toBe(1);
  });

  it('frees what it had locked, as abandoned, and does not take it again', async () => {
    const lock = await client.Lock();
    const box = await witness.list<unknown>([lock]);
    const same = (await box.get(0)) as typeof lock;
    await lock.acquire();
    await wire.cut();
    const guard = await same.acquire();
    expect(guard?.abandoned).toBe(true);
    await rejects(lock.release(), LockNotOwnedError, 'ERR_LOCK_NOT_OWNED');
    await guard?.release();
    expect((await lock.acquire())?.abandoned).toBe(false);
  });

  it('fails for good where that was not asked for', async () => {
    const plain = await SyncManager.connect(wire.address, { authkey });
    const list = await plain.list();
    const waiting = plain
      .Event()
      .wait()
      .catch((error: unknown) => error);
    await plain.numberOfObjects();
    await wire.cut();
    const error = await waiting;
    expect(error).toBeInstanceOf(RemoteError);
    await expect(list.length()).rejects.toBe(error);
    await expect(plain.numberOfObjects()).rejects.toBe(error);
    plain.close();
  });
});

for (const [name, address, sharedMemory] of [
  ['shared memory', path.join(folder, 'a'), true],
  ['a Unix socket', path.join(folder, 'b'), false],
] as const) {
  it(`over ${name}: after a server comes its successor, whose objects no old proxy reaches`, async () => {
    const first = await serve(address);
    const options = { authkey, sharedMemory, reconnect: true };
    const client = await SyncManager.connect(address, options);
    const old = await client.list(['old']);
    const event = await client.Event();
    const waiting = event.wait().catch((error: unknown) => error);
    await client.numberOfObjects();
    await first.stop();
    expect(await waiting).toBeInstanceOf(RemoteError);
    // Nobody is there: each call tries again, and says so.
    for (let n = 0; n < 2; n++) {
      const error = await rejects(client.numberOfObjects(), RemoteError, 'ERR_REMOTE');
      expect((error.cause as { code?: string }).code).toBe('ENOENT');
    }
    const second = await serve(address);
    const other = await SyncManager.connect(address, { authkey, sharedMemory });
    const theirs = await other.list(['theirs']);
    expect(theirs.handle.object).toBe(old.handle.object);
    // The one that is made while it connects, and those that come later.
    const racing = old.append('racing').catch((error: unknown) => error);
    expect(await client.numberOfObjects()).toBe(1);
    expect(await racing).toBeInstanceOf(RemoteError);
    const error = await rejects(old.append('wrong'), RemoteError, 'ERR_REMOTE');
    expect(error.message).toMatch(/has ended/);
    old.dispose();
    const fresh = await client.list(['fresh']);
    await fresh.append('!');
    expect(await fresh.copy()).toEqual(['fresh', '!']);
    expect(await theirs.copy()).toEqual(['theirs']);
    client.close();
    await rejects(client.numberOfObjects(), Error as never, 'ERR_CLOSED');
    other.close();
    await second.stop();
  });
}
