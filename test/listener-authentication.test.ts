import { createHmac, randomBytes } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { AuthenticationError, Client, TimeoutError } from '../dist/index.js';
import { rejects } from './helpers/failures.js';
import { own } from './helpers/owned.js';
import { connected, frame, listen, readFrame, stranger, tcp } from './helpers/sockets.js';
import { isPending, until } from './helpers/time.js';

const authkey = Buffer.from('a secret');
const prefix = '#CHALLENGE#';

function digest(body: Buffer | string, key: Buffer = authkey): Buffer {
  return Buffer.concat([Buffer.from('{sha256}'), createHmac('sha256', key).update(body).digest()]);
}

/** A server that is no listener of ours; `serve` plays it. */
async function impostor(serve: (socket: Socket) => unknown): Promise<[string, Server]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'impostor-'));
  const address = path.join(folder, 'socket');
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    // The socket may end under it: that is what is tested.
    Promise.resolve(serve(socket)).catch(() => undefined);
  });
  server.listen(address);
  await once(server, 'listening');
  own({
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  });
  return [address, server];
}

function refused(promise: Promise<unknown>) {
  return rejects(promise, AuthenticationError, 'ERR_AUTHENTICATION');
}

describe('authentication', () => {
  it('lets in who has the key, whichever way it is given, an empty one among them', async () => {
    for (const [here, there] of [
      [authkey, 'a secret'],
      [new Uint8Array(authkey), authkey],
      ['ключ', Buffer.from('ключ')],
      ['', Buffer.alloc(0)],
    ] as const) {
      for (const address of [undefined, tcp]) {
        const listener = await listen({ authkey: here }, address);
        const [near, far] = await connected(listener, { authkey: there });
        const long = 'in, and longer than a handshake may be'.repeat(100);
        await near.send(long);
        expect(await far.recv()).toBe(long);
        await far.send(long);
        expect(await near.recv()).toBe(long);
      }
    }
  });

  it('refuses another key on both sides, and the listener goes on', async () => {
    const listener = await listen({ authkey });
    for (let round = 0; round < 3; round++) {
      const accepting = refused(listener.accept());
      await refused(Client(listener.address, { authkey: 'another' }));
      await accepting;
    }
    await refused(Client(listener.address, { authkey: '' }));
    await refused(listener.accept());
    await connected(listener, { authkey });
  });

  it('passes over failures where the listener is an iterator', async () => {
    const listener = await listen({ authkey });
    const serving = (async () => {
      for await (const connection of listener) return connection.recv();
      return undefined;
    })();
    await refused(Client(listener.address, { authkey: 'no' }));
    const socket = await stranger(listener.address);
    socket.destroy();
    await own(await Client(listener.address, { authkey })).send('served');
    expect(await serving).toBe('served');
  });

  it('takes a first message that comes in one piece with the end of the handshake', async () => {
    const listener = await listen({ authkey, codec: 'json' });
    const socket = await stranger(listener.address);
    const challenge = await readFrame(socket);
    const body = challenge.subarray(prefix.length);
    const mine = Buffer.concat([Buffer.from('{sha256}'), randomBytes(40)]);
    socket.write(Buffer.concat([frame(digest(body))]));
    expect(String(await readFrame(socket))).toBe('#WELCOME#');
    socket.write(frame(Buffer.concat([Buffer.from(prefix), mine])));
    expect(await readFrame(socket)).toEqual(digest(mine));
    socket.write(Buffer.concat([frame('#WELCOME#'), frame('"at once"'), frame('"and again"')]));
    const connection = own(await listener.accept());
    expect([await connection.recv(), await connection.recv()]).toEqual(['at once', 'and again']);
  });

  it('asks for new bytes each time', async () => {
    const listener = await listen({ authkey });
    const seen = new Set<string>();
    for (let round = 0; round < 5; round++) {
      const challenge = await readFrame(await stranger(listener.address));
      expect(String(challenge.subarray(0, prefix.length + 8))).toBe(`${prefix}{sha256}`);
      expect(challenge).toHaveLength(prefix.length + 8 + 40);
      seen.add(challenge.toString('hex'));
    }
    expect(seen.size).toBe(5);
  });

  const wrongAnswers: [what: string, answer: (body: Buffer) => Buffer][] = [
    ['its own challenge', (body) => body],
    ['nothing', () => Buffer.alloc(0)],
    ['a digest without its name', (body) => digest(body).subarray(8)],
    ['a digest by MD5', (body) => createHmac('md5', authkey).update(body).digest()],
    [
      'a digest by MD5 under that name',
      (body) =>
        Buffer.concat([Buffer.from('{md5}'), createHmac('md5', authkey).update(body).digest()]),
    ],
    ['the beginning of the digest', (body) => digest(body).subarray(0, 39)],
    ['the digest and more', (body) => Buffer.concat([digest(body), Buffer.alloc(1)])],
    ['the digest of the challenge without its method', (body) => digest(body.subarray(8))],
    ['a digest with another key', (body) => digest(body, Buffer.from('b secret'))],
    ['a welcome', () => Buffer.from('#WELCOME#')],
    ['a challenge in turn', (body) => Buffer.concat([Buffer.from(prefix), body])],
  ];
  for (const [what, answer] of wrongAnswers) {
    it(`refuses a client that answers with ${what}`, async () => {
      const listener = await listen({ authkey });
      const socket = await stranger(listener.address);
      const challenge = await readFrame(socket);
      socket.write(frame(answer(challenge.subarray(prefix.length))));
      await refused(listener.accept());
      expect(String(await readFrame(socket))).toBe('#FAILURE#');
      socket.resume();
      await until(() => socket.destroyed);
      await connected(listener, { authkey });
    });
  }

  it('refuses a listener that does not know the key but welcomes everybody', async () => {
    const [address] = await impostor(async (socket) => {
      socket.write(frame(`${prefix}{sha256}${'x'.repeat(40)}`));
      await readFrame(socket);
      socket.write(frame('#WELCOME#'));
      await readFrame(socket);
      socket.write(frame(digest('whatever', Buffer.from('guess'))));
      await readFrame(socket);
      socket.write(frame('#WELCOME#'));
    });
    await refused(Client(address, { authkey }));
  });

  const wrongChallenges: [what: string, challenge: Buffer | string][] = [
    ['MD5 by its name', `${prefix}{md5}${'x'.repeat(40)}`],
    ['MD5 by its length, as old Pythons do', `${prefix}${'x'.repeat(20)}`],
    ['nothing unpredictable', `${prefix}{sha256}`],
    ['too little', `${prefix}{sha256}${'x'.repeat(19)}`],
    ['a message that is no challenge', 'hello'],
    ['an empty message', ''],
    ['a welcome', '#WELCOME#'],
    ['257 bytes', Buffer.alloc(257, 'x')],
  ];
  for (const [what, challenge] of wrongChallenges) {
    it(`refuses a listener that asks with ${what}`, async () => {
      const [address] = await impostor((socket) => socket.write(frame(challenge)));
      const error = await refused(Client(address, { authkey, handshakeTimeout: 5_000 }));
      expect(error.cause).not.toBeInstanceOf(TimeoutError);
    });
  }

  it('is not fooled by one who has two clients answer each other', async () => {
    // The impostor asks the second client what the first one asks it.
    const clients: Socket[] = [];
    let reflected = 0;
    const [address] = await impostor(async (socket) => {
      const [first] = clients;
      clients.push(socket);
      if (first === undefined) return;
      first.write(frame(`${prefix}{sha256}${'x'.repeat(40)}`));
      await readFrame(first);
      first.write(frame('#WELCOME#'));
      const challenge = await readFrame(first);
      reflected++;
      socket.write(frame(challenge));
      const answer = await readFrame(socket).catch(() => undefined);
      if (answer === undefined) first.destroy();
      else first.write(frame(answer));
    });
    const attempts = [Client(address, { authkey }), Client(address, { authkey })];
    const errors = await Promise.all(attempts.map(refused));
    expect(reflected).toBe(1);
    expect(errors.some(({ message }) => message.includes('reflects'))).toBe(true);
  });

  it('ends after its time for a client that is silent, and for one that drips', async () => {
    const listener = await listen({ authkey, handshakeTimeout: 150 });
    const silent = await stranger(listener.address);
    const error = await refused(listener.accept());
    expect(error.cause).toBeInstanceOf(TimeoutError);
    const dripping = await stranger(listener.address);
    // Of a message as long as it may be, so that it is only ever late and never wrong.
    dripping.write(frame(Buffer.alloc(256)).subarray(0, 4));
    const drip = setInterval(() => dripping.write(Buffer.alloc(1)), 20);
    own({ close: () => clearInterval(drip) });
    const late = await refused(listener.accept({ timeout: 20_000 }));
    expect(late.cause).toBeInstanceOf(TimeoutError);
    for (const socket of [silent, dripping]) socket.resume();
    await until(() => silent.destroyed && dripping.destroyed);
    await connected(listener, { authkey });
  });

  it('does not make others wait for one that is silent', async () => {
    const listener = await listen({ authkey });
    await stranger(listener.address);
    await connected(listener, { authkey });
  });

  it('is granted to a bounded number at a time', async () => {
    const listener = await listen({ authkey, maxHandshakes: 3, handshakeTimeout: 60_000 });
    const strangers: Socket[] = [];
    for (let count = 0; count < 5; count++) {
      const socket = await stranger(listener.address);
      socket.resume();
      strangers.push(socket);
    }
    await until(() => strangers.filter(({ destroyed }) => destroyed).length === 2);
    await refused(Client(listener.address, { authkey }));
    strangers[0]!.destroy();
    await refused(listener.accept());
    await connected(listener, { authkey });
    expect(
      await isPending(
        listener.accept({ timeout: 1_000 }).catch(() => 0),
        20,
      ),
    ).toBe(true);
  });
});
