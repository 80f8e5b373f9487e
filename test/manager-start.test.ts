import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import {
  activeChildren,
  AuthenticationError,
  Client,
  ClosedError,
  EOFError,
  InterprocError,
  Listener,
  Manager,
  ProcessError,
  RemoteError,
  SyncManager,
} from '../dist/index.js';
import { CounterManager, prepare, prepareBadly } from './fixtures/manager-custom.mjs';
import { rejects } from './helpers/failures.js';
import { own } from './helpers/owned.js';
import { Peer } from './helpers/peer.js';
import { fixture, run, runs } from './helpers/process-script.js';
import { stranger } from './helpers/sockets.js';
import { until as untilTrue } from './helpers/time.js';

const module = new URL('./fixtures/manager-custom.mjs', import.meta.url);
const folder = mkdtempSync(path.join(tmpdir(), 'manager-start-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('a manager', () => {
  it('is started, connected or served once', async () => {
    const manager = new SyncManager();
    await rejects(manager.numberOfObjects(), ProcessError, 'ERR_PROCESS_NOT_STARTED');
    expect(manager.address).toBeUndefined();
    await manager.start();
    await rejects(manager.start(), ProcessError, 'ERR_PROCESS_STARTED');
    await rejects(manager.connect(), ProcessError, 'ERR_PROCESS_STARTED');
    expect(() => manager.getServer()).toThrow(ProcessError);
    await manager.shutdown();
    await manager.shutdown();
    await rejects(manager.numberOfObjects(), ClosedError, 'ERR_CLOSED');
    await rejects(manager.start(), ProcessError, 'ERR_PROCESS_STARTED');
    await manager.join();
    await rejects(new SyncManager().connect(), TypeError, 'ERR_INVALID_ARG_TYPE');
  });

  it('that has shut down keeps no pipe that it was started through', async () => {
    const mapped = (): string[] =>
      readFileSync('/proc/self/maps', 'utf8').match(/\/dev\/shm\/.*/g) ?? [];
    const before = mapped();
    for (let round = 0; round < 4; round++) {
      const manager = new SyncManager({ address: { host: '127.0.0.1', port: 0 }, authkey: 'key' });
      await manager.start();
      await manager.shutdown();
      expect(mapped().filter((name) => !before.includes(name))).toEqual([]);
    }
  });

  it('that cannot start leaves nothing, and can be started later', async () => {
    const address = path.join(folder, 'taken');
    const holder = await Manager({ address });
    const second = new SyncManager({ address });
    await rejects(second.start(), InterprocError, 'EADDRINUSE');
    const absent = new SyncManager({ address: path.join(folder, 'absent', 'socket') });
    await expect(absent.start()).rejects.toMatchObject({
      code: expect.stringMatching(/^(ENOENT|EACCES)$/),
    });
    await holder.shutdown();
    await second.start();
    expect(await second.dict({ a: 1 }).get('a')).toBe(1);
    await second.shutdown();
    expect(activeChildren()).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('calls an initializer first, whose error is that of start()', async () => {
    const manager = new CounterManager({ module });
    await rejects(manager.start({ initializer: prepareBadly }), RangeError, undefined as never);
    expect(activeChildren()).toEqual([]);
    await manager.start({ initializer: prepare, initargs: ['ready'] });
    expect(await manager.prepared().text()).toBe('ready');
    await manager.shutdown();
    const bad = new CounterManager({ module }) as unknown as {
      start(options: unknown): Promise<unknown>;
    };
    await rejects(bad.start({ initargs: 1 }), TypeError, 'ERR_INVALID_ARG_TYPE');
    await rejects(bad.start({ initialiser: 1 }), TypeError, 'ERR_UNKNOWN_OPTION');
    await rejects(bad.start({ initializer: 1 }), TypeError, 'ERR_INVALID_ARG_TYPE');
  });

  it('serves others, who prove the key and may end it', async () => {
    const owner = await Manager({ authkey: 'secret' });
    const address = owner.address as string;
    await rejects(
      SyncManager.connect(address, { authkey: 'wrong' }),
      AuthenticationError,
      'ERR_AUTHENTICATION',
    );
    const other = await SyncManager.connect(address, { authkey: 'secret' });
    const through = await SyncManager.connect(address, { authkey: 'secret', sharedMemory: false });
    expect(await through.dict({ a: 1 }).get('a')).toBe(1);
    const dict = await owner.dict();
    await other.shutdown();
    await owner.join({ timeout: 30_000 });
    await rejects(dict.get('k'), RemoteError, 'ERR_REMOTE');
    await owner.shutdown();
    through.close();
    expect(existsSync(address)).toBe(false);
  });

  it('may serve in the process itself', async () => {
    const manager = new SyncManager({ address: path.join(folder, 'own') });
    const server = manager.getServer();
    const served = server.serveForever();
    await server.ready;
    const client = await SyncManager.connect(server.address);
    const list = await client.list([1]);
    await list.append(2);
    expect(await list.copy()).toEqual([1, 2]);
    server.stop();
    await served;
    await rejects(list.copy(), RemoteError, 'ERR_REMOTE');
    client.close();
  });

  it('that may not make its socket says so, and leaves nothing', async () => {
    const closed = mkdtempSync(path.join(folder, 'closed-'));
    chmodSync(closed, 0o500);
    // Root may write anywhere, so this is asked as somebody else.
    const peer = new Peer('manager', 'startAsNobody', { address: path.join(closed, 'socket') });
    expect(await peer.event('refused')).toMatchObject({ code: 'EACCES', children: 0 });
    expect((await peer.ended).code).toBe(0);
    expect(readdirSync(closed)).toEqual([]);
    rmSync(closed, { recursive: true });
  });

  it('may be of a class of the main script itself', async () => {
    const { code, stdout, stderr } = await run([fixture('manager-main-script.mjs')]);
    expect(stderr).toBe('');
    expect([code, stdout]).toEqual([0, 'counted 3 in another process\n']);
  });

  it('gives its handshakes no longer than handshakeTimeout', async () => {
    const address = { host: '127.0.0.1', port: 0 };
    const server = new SyncManager({ address, authkey: 'key', handshakeTimeout: 200 }).getServer();
    const serving = server.serveForever();
    await server.ready;
    const silent = await stranger(server.address);
    silent.resume();
    const began = performance.now();
    // One who knows the key, and then says nothing.
    const mute = await Client(server.address, { authkey: 'key' });
    await rejects(mute.recv(), EOFError, 'ERR_EOF');
    await untilTrue(() => silent.destroyed);
    // Far from the usual ten seconds.
    expect(performance.now() - began).toBeLessThan(8_000);
    mute.close();
    server.stop();
    await serving;
    const deaf = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(deaf, 'listening');
    const { port } = deaf.address() as { port: number };
    const options = { authkey: 'key', handshakeTimeout: 200 };
    await rejects(
      SyncManager.connect({ port }, options),
      AuthenticationError,
      'ERR_AUTHENTICATION',
    );
    deaf.close();
    // And one who proves the key, and then answers nothing.
    const listener = own(new Listener(address, { authkey: 'key' }));
    await listener.ready;
    const accepted = listener.accept();
    await rejects(SyncManager.connect(listener.address, options), RemoteError, 'ERR_REMOTE');
    (await accepted).close();
  });

  it('goes on when its server is interrupted from the keyboard', async () => {
    const manager = await Manager();
    const pid = activeChildren()[0]?.pid as number;
    process.kill(pid, 'SIGINT');
    expect(await manager.dict({ a: 1 }).get('a')).toBe(1);
    await manager.shutdown();
    expect(runs(pid)).toBe(false);
  });

  it('ends with the process that started it, even where that is killed', async () => {
    const peer = new Peer('manager', 'own');
    const { server } = (await peer.event('started')) as unknown as { server: number };
    expect(runs(server)).toBe(true);
    peer.kill();
    await peer.ended;
    while (runs(server)) await delay(10);
  });

  it('refuses bad options', () => {
    const make = (options: unknown) => () => new SyncManager(options as object);
    expect(make({ adress: 'x' })).toThrow(TypeError);
    expect(make({ insecure: 1 })).toThrow(TypeError);
    expect(make({ sharedMemory: 1 })).toThrow(TypeError);
    expect(make({ shutdownTimeout: 'x' })).toThrow(TypeError);
    expect(make({ reconnect: 'yes' })).toThrow(TypeError);
    expect(make({ handshakeTimeout: '1' })).toThrow(TypeError);
    expect(make({ handshakeTimeout: 0 })).toThrow(RangeError);
    expect(make({ address: 5 })).toThrow(TypeError);
    expect(make({ authkey: 5 })).toThrow(TypeError);
  });
});
