import { existsSync, statSync, writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  AbortError,
  Client,
  ClosedError,
  InterprocError,
  Listener,
  Queue,
  TimeoutError,
  wait,
} from '../dist/index.js';
import { rejects } from './helpers/failures.js';
import { own } from './helpers/owned.js';
import { start } from './helpers/segments.js';
import { connected, listen, stranger, tcp } from './helpers/sockets.js';
import { isPending, until } from './helpers/time.js';

const directories: string[] = [];

function directory(): string {
  const made = mkdtempSync(path.join(tmpdir(), 'listener-test-'));
  directories.push(made);
  return made;
}

afterEach(() => {
  for (const made of directories.splice(0)) rmSync(made, { recursive: true, force: true });
});

describe('a listener', () => {
  it('listens by default on a socket in a directory that only this user can open, and removes both', async () => {
    const listener = await listen();
    const address = listener.address as string;
    expect(statSync(path.dirname(address)).mode & 0o777).toBe(0o700);
    expect(statSync(address).mode & 0o777).toBe(0o600);
    const [near, far] = await connected(listener);
    listener.close();
    listener.close();
    expect(listener.closed).toBe(true);
    expect(existsSync(path.dirname(address))).toBe(false);
    await near.send('accepted connections stay');
    expect(await far.recv()).toBe('accepted connections stay');
    await rejects(Client(address), InterprocError, 'ENOENT');
  });

  it('takes a path of its caller, and removes the socket there and nothing else', async () => {
    const folder = directory();
    const address = path.join(folder, 'here');
    const listener = await listen({ mode: 0o660 }, address);
    expect(listener.address).toBe(address);
    expect(statSync(address).mode & 0o777).toBe(0o660);
    await connected(listener);
    listener.close();
    expect(existsSync(address)).toBe(false);
    expect(existsSync(folder)).toBe(true);
  });

  it('listens in the abstract namespace, and on a port that the system chooses', async () => {
    const name = `\0interproc-test-${process.pid}`;
    const [near, far] = await connected(await listen({}, name));
    await near.send(1);
    expect(await far.recv()).toBe(1);
    for (const listener of [
      await listen({}, { host: 'localhost', port: 0 }),
      await listen({ family: 'AF_INET' }),
    ]) {
      const { port } = listener.address as { port: number };
      expect(port).toBeGreaterThan(0);
      expect(listener.lastAccepted).toBe(null);
      await connected(listener);
      expect(listener.lastAccepted).toMatchObject({ port: expect.any(Number) });
    }
  });

  it('accepts in the order of arrival, limited and aborted as other waits are', async () => {
    const listener = await listen();
    await rejects(listener.accept({ timeout: 0 }), TimeoutError, 'ERR_TIMEOUT');
    await rejects(listener.accept({ timeout: 30 }), TimeoutError, 'ERR_TIMEOUT');
    const stop = new AbortController();
    const accepting = listener.accept({ signal: stop.signal });
    expect(await isPending(accepting, 20)).toBe(true);
    stop.abort();
    await rejects(accepting, AbortError, 'ABORT_ERR');
    for (const n of [1, 2, 3]) await own(await Client<number>(listener.address)).send(n);
    for (const n of [1, 2, 3]) {
      const connection = own(await listener.accept({ timeout: 5_000 }));
      expect(await connection.recv()).toBe(n);
      expect(listener.lastAccepted).toBe('');
    }
  });

  it('is an iterator that ends when it is closed', async () => {
    const listener = await listen();
    const got: unknown[] = [];
    const serving = (async () => {
      for await (const connection of listener) {
        got.push(await connection.recv());
        connection.close();
      }
    })();
    for (const n of [1, 2]) await own(await Client(listener.address)).send(n);
    await until(() => got.length === 2);
    listener.close();
    await serving;
    expect(got).toEqual([1, 2]);
  });

  it('can be waited for', async () => {
    const listener = await listen();
    const queue = own(new Queue());
    const waiting = wait([queue, listener]);
    expect(await isPending(waiting, 20)).toBe(true);
    const client = own(await Client(listener.address));
    expect(await waiting).toEqual([listener]);
    own(await listener.accept());
    const again = rejects(wait([listener]), ClosedError, 'ERR_CLOSED');
    listener.close();
    await again;
    client.close();
  });

  it('ends what waits for it when it is closed, and turns away those it had not accepted', async () => {
    const listener = await listen();
    const client = own(await Client(listener.address));
    await until(async () => (await wait([listener], { timeout: 0 })).length > 0);
    listener.close();
    expect(await client.poll(5_000)).toBe(true);
    await rejects(client.recv(), Error, 'ERR_EOF');
    await rejects(listener.accept(), ClosedError, 'ERR_CLOSED');
    const other = new Listener();
    const accepting = rejects(other.accept(), ClosedError, 'ERR_CLOSED');
    other.close();
    await accepting;
    await using disposed = new Listener();
    await disposed.ready;
  });

  it('says in ready and in accept why it cannot listen, and leaves what is there alone', async () => {
    const first = await listen({}, tcp);
    const taken = own(new Listener(first.address));
    const error = await rejects(taken.ready, InterprocError, 'EADDRINUSE');
    expect(error).toMatchObject({ syscall: 'listen', errno: expect.any(Number) });
    await rejects(taken.accept(), InterprocError, 'EADDRINUSE');
    await rejects(
      (async () => {
        for await (const _ of taken) return;
      })(),
      InterprocError,
      'EADDRINUSE',
    );
    taken.close();
    await connected(first);

    const unix = await listen();
    const second = own(new Listener(unix.address));
    await rejects(second.accept(), InterprocError, 'EADDRINUSE');
    second.close();
    await connected(unix);

    const file = path.join(directory(), 'file');
    writeFileSync(file, 'precious');
    const third = new Listener(file);
    await rejects(third.ready, InterprocError, 'EADDRINUSE');
    third.close();
    expect(existsSync(file)).toBe(true);
    await rejects(new Listener('/proc/none/socket').ready, InterprocError, 'EACCES');
  });

  it('turns away those beyond its backlog', async () => {
    const listener = await listen({ backlog: 2 });
    const strangers: Socket[] = [];
    for (let count = 0; count < 4; count++) {
      const socket = await stranger(listener.address);
      socket.resume();
      strangers.push(socket);
    }
    await until(() => strangers.filter(({ destroyed }) => destroyed).length === 2);
    own(await listener.accept());
    own(await listener.accept());
    await rejects(listener.accept({ timeout: 30 }), TimeoutError, 'ERR_TIMEOUT');
    await connected(listener);
  });

  it('keeps the process alive only while somebody waits, and leaves no file behind at its end', async () => {
    const script = (more: string) => `
      const listener = new ip.Listener();
      await listener.ready;
      console.log(listener.address);
      const near = await ip.Client(listener.address);
      const far = await listener.accept();
      await near.send('x'); await far.recv();
      ${more}`;
    for (const more of [
      '',
      'process.exit(0);',
      'setImmediate(() => { throw new Error("on purpose") });',
    ]) {
      const child = start(script(more));
      const address = await child.line();
      const { code } = await child.finished;
      expect(code).toBe(more.includes('purpose') ? 1 : 0);
      expect(existsSync(path.dirname(address))).toBe(false);
    }
    const idle = start(
      'const listener = new ip.Listener(); await listener.ready; console.log(listener.address);',
    );
    expect((await idle.finished).code).toBe(0);
    const waits = start(script('console.log("waits"); (await listener.accept()).close();'));
    const address = await waits.line();
    await waits.line();
    expect(await isPending(waits.finished, 200)).toBe(true);
    own(await Client(address));
    expect((await waits.finished).code).toBe(0);
  });
});
