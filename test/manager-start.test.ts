import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import {
  activeChildren,
  AuthenticationError,
  ClosedError,
  InterprocError,
  Manager,
  ProcessError,
  RemoteError,
  SyncManager,
} from '../dist/index.js';
import { CounterManager, prepare, prepareBadly } from './fixtures/manager-custom.mjs';
import { rejects } from './helpers/failures.js';
import { Peer } from './helpers/peer.js';
import { runs } from './helpers/process-script.js';

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
    expect(make({ address: 5 })).toThrow(TypeError);
    expect(make({ authkey: 5 })).toThrow(TypeError);
  });
});
