import { connect as connectRaw, createServer } from 'node:net';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import {
  AuthenticationError,
  type Address,
  Client,
  InterprocError,
  Listener,
  SyncManager,
  TimeoutError,
} from '../dist/index.js';
import { makeCertificate } from './helpers/certificates.js';
import { rejects, throws } from './helpers/failures.js';
import { own } from './helpers/owned.js';
import { connected, listen, stranger } from './helpers/sockets.js';
import { until } from './helpers/time.js';

const authkey = 'the key of these tests';
const host = '127.0.0.1';
const ours = makeCertificate('IP:127.0.0.1', 'DNS:interproc.test');
const other = makeCertificate('IP:127.0.0.1');
const elsewhere = makeCertificate('DNS:elsewhere.test');
const there: Address = { host, port: 0 };

async function serveTls(certificate: typeof ours & { ca?: string } = ours) {
  const manager = own(new SyncManager({ address: there, authkey, tls: certificate }));
  await manager.start();
  return { manager, address: manager.address as { host: string; port: number } };
}

describe('a manager over TLS', () => {
  it('serves its own manager and those who trust its certificate, authority or fingerprint', async () => {
    const { manager, address } = await serveTls();
    try {
      const dict = await manager.dict<string, number>({ own: 1 });
      const { fingerprint256: fingerprint } = new X509Certificate(ours.cert);
      const trusted = [
        { ca: ours.cert },
        { ca: [Buffer.from(other.cert), Buffer.from(ours.cert)] },
        { ca: ours.cert, servername: 'interproc.test' },
        { fingerprint },
      ];
      for (const tls of trusted) {
        const client = own(await SyncManager.connect(address, { authkey, tls }));
        const list = await client.list([1, 2]);
        await list.append(3);
        expect(await list.copy()).toEqual([1, 2, 3]);
        // Larger than a record of TLS and than what is read ahead.
        await list.append('x'.repeat(300_000) as never);
        expect(await list.get(-1)).toHaveLength(300_000);
      }
      expect(await dict.get('own')).toBe(1);
    } finally {
      await manager.shutdown();
    }
  });

  it('sends nothing that can be read on the way', async () => {
    const { manager, address } = await serveTls();
    const seen: Buffer[] = [];
    const relay = createServer((near) => {
      const far = connectRaw(address.port, address.host);
      near.on('data', (bytes: Buffer) => seen.push(bytes));
      far.on('data', (bytes: Buffer) => seen.push(bytes));
      near.pipe(far).pipe(near);
      near.on('error', () => far.destroy());
      far.on('error', () => near.destroy());
    }).listen(0, host);
    await once(relay, 'listening');
    try {
      const { port } = relay.address() as { port: number };
      const client = await SyncManager.connect({ host, port }, { authkey, tls: { ca: ours.cert } });
      const list = await client.list(['a secret of many letters']);
      expect(await list.get(0)).toBe('a secret of many letters');
      client.close();
      expect(seen.length).toBeGreaterThan(4);
      expect(Buffer.concat(seen).includes('secret')).toBe(false);
      expect(Buffer.concat(seen).includes('#CHALLENGE#')).toBe(false);
    } finally {
      relay.close();
      await manager.shutdown();
    }
  });

  it('is refused by whoever does not trust its certificate, before the key is used', async () => {
    const { manager, address } = await serveTls();
    const wrong = await serveTls(elsewhere);
    const attempt = (where: Address, tls: object) =>
      rejects(
        SyncManager.connect(where, { authkey, tls }),
        AuthenticationError,
        'ERR_AUTHENTICATION',
      );
    try {
      expect((await attempt(address, {})).message).toMatch(/self.signed/);
      await attempt(address, { ca: other.cert });
      expect((await attempt(wrong.address, { ca: elsewhere.cert })).message).toContain('127.0.0.1');
      await attempt(address, { ca: ours.cert, servername: 'elsewhere.test' });
      const { fingerprint256: fingerprint } = new X509Certificate(other.cert);
      expect((await attempt(address, { fingerprint })).message).toContain('fingerprint');
      // Authorities do not matter to one who names a fingerprint, and do not help either.
      await attempt(address, { ca: ours.cert, fingerprint });
    } finally {
      await manager.shutdown();
      await wrong.manager.shutdown();
    }
  });

  it('asks for the authkey inside TLS', async () => {
    const { manager, address } = await serveTls();
    try {
      const tls = { ca: ours.cert };
      const connecting = SyncManager.connect(address, { authkey: 'another', tls });
      await rejects(connecting, AuthenticationError, 'ERR_AUTHENTICATION');
      const unkeyed = SyncManager.connect(address, { insecure: true, tls });
      await rejects(unkeyed, InterprocError, 'ERR_REMOTE');
    } finally {
      await manager.shutdown();
    }
  });

  it('and one without do not understand each other, and say so', async () => {
    const { manager, address } = await serveTls();
    const plain = new SyncManager({ address: there, authkey });
    await plain.start();
    try {
      // Each waits for the other to begin.
      await rejects(
        Client(address, { authkey, handshakeTimeout: 500 }),
        AuthenticationError,
        'ERR_AUTHENTICATION',
      );
      const tls = { ca: ours.cert };
      const connecting = SyncManager.connect(plain.address as Address, { authkey, tls });
      await rejects(connecting, AuthenticationError, 'ERR_AUTHENTICATION');
      await plain.list();
    } finally {
      await manager.shutdown();
      await plain.shutdown();
    }
  });

  it('over TCP beyond this machine needs a key, unless insecure is asked for by name', async () => {
    const address: Address = { host: '0.0.0.0', port: 0 };
    // An empty key is none.
    const open = new SyncManager({ address, authkey: '', tls: ours });
    await rejects(open.start(), AuthenticationError, 'ERR_AUTHENTICATION');
    throws(
      () => new SyncManager({ address, authkey: '' }).getServer(),
      AuthenticationError,
      'ERR_AUTHENTICATION',
    );
    const asked = new SyncManager({ address, insecure: true });
    await asked.start();
    const { port } = asked.address as { port: number };
    const client = await SyncManager.connect({ port }, { insecure: true });
    expect(await (await client.list([1])).copy()).toEqual([1]);
    client.close();
    await asked.shutdown();
  });
});

describe('a manager that asks for certificates of its clients', () => {
  const member = makeCertificate('DNS:member.test');

  it('serves those that it trusts and its own manager, and nobody else', async () => {
    const { manager, address } = await serveTls({ ...ours, ca: member.cert });
    const tls = { ca: ours.cert };
    const attempt = (given: object) =>
      rejects(
        SyncManager.connect(address, { authkey, tls: { ...tls, ...given } }),
        AuthenticationError,
        'ERR_AUTHENTICATION',
      );
    try {
      expect(await manager.dict({ a: 1 }).get('a')).toBe(1);
      await attempt({});
      await attempt(other);
      const client = await SyncManager.connect(address, { authkey, tls: { ...tls, ...member } });
      expect(await client.dict({ b: 2 }).get('b')).toBe(2);
      client.close();
      // A certificate does not stand for the key.
      const keyless = SyncManager.connect(address, {
        authkey: 'another',
        tls: { ...tls, ...member },
      });
      await rejects(keyless, AuthenticationError, 'ERR_AUTHENTICATION');
    } finally {
      await manager.shutdown();
    }
  });

  it('says to whoever accepts what was wrong with a certificate', async () => {
    const listener = await listen({ authkey, tls: { ...ours, ca: [member.cert] } }, there);
    for (const [given, message] of [
      [{}, /missing/],
      [other, /not one that is trusted/],
    ] as const) {
      const failing = rejects(listener.accept(), AuthenticationError, 'ERR_AUTHENTICATION');
      const tls = { ca: ours.cert, ...given };
      const connecting = Client(listener.address, { authkey, tls });
      const refused = await rejects(connecting, AuthenticationError, 'ERR_AUTHENTICATION');
      // Cut off, not left to wait for the end of its time.
      expect(refused.cause).not.toBeInstanceOf(TimeoutError);
      expect((await failing).message).toMatch(message);
    }
    const [near, far] = await connected(listener, { authkey, tls: { ca: ours.cert, ...member } });
    await near.send(1);
    expect(await far.recv()).toBe(1);
  });
});

describe('a listener with TLS', () => {
  it('turns away strangers and those too many, in bounded time, and goes on', async () => {
    const options = { authkey, tls: ours, maxHandshakes: 4, handshakeTimeout: 700 };
    const listener = await listen(options, there);
    const address = listener.address as { port: number };
    const silent = await Promise.all([1, 2, 3, 4].map(() => stranger(address)));
    for (const socket of silent) socket.resume();
    const failing = [1, 2, 3, 4].map(() =>
      rejects(listener.accept(), AuthenticationError, 'ERR_AUTHENTICATION'),
    );
    const fifth = await stranger(address);
    fifth.resume();
    await until(() => fifth.destroyed);
    expect(silent.every(({ destroyed }) => !destroyed)).toBe(true);
    await Promise.all(failing);
    await until(() => silent.every(({ destroyed }) => destroyed));
    const garbage = await stranger(address);
    garbage.end(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
    await rejects(listener.accept(), AuthenticationError, 'ERR_AUTHENTICATION');
    const [near, far] = await connected(listener, { authkey, tls: { ca: ours.cert } });
    await near.send({ a: 1n });
    expect(await far.recv()).toEqual({ a: 1n });
  });

  it('ends what is in the handshake when it is closed', async () => {
    const listener = await listen({ authkey, tls: ours }, there);
    const socket = await stranger(listener.address);
    socket.resume();
    const encrypted = own(
      Object.assign(connectTls({ ...(listener.address as { port: number }), ca: ours.cert }), {
        close(this: TLSSocket) {
          this.destroy();
        },
      }),
    );
    encrypted.on('error', () => undefined);
    encrypted.resume();
    await once(encrypted, 'secureConnect');
    listener.close();
    await until(() => socket.destroyed && encrypted.destroyed);
  });

  it('times out for a client whose server says nothing', async () => {
    const mute = createServer(() => undefined).listen(0, host);
    await once(mute, 'listening');
    const { port } = mute.address() as { port: number };
    const error = await rejects(
      Client({ port }, { authkey, tls: { ca: ours.cert }, handshakeTimeout: 300 }),
      AuthenticationError,
      'ERR_AUTHENTICATION',
    );
    expect(error.cause).toBeInstanceOf(TimeoutError);
    mute.close();
  });

  it('refuses to listen with what only who connects can use, and says where it belongs', async () => {
    const { fingerprint256: fingerprint } = new X509Certificate(ours.cert);
    for (const [option, more] of [
      ['tls.fingerprint', { fingerprint }],
      ['tls.servername', { servername: 'interproc.test' }],
    ] as const) {
      const tls = { ...ours, ...more };
      const listen = () => own(new Listener(there, { authkey, tls }));
      const manager = () => own(new SyncManager({ address: there, authkey, tls }));
      const errors = [
        throws(listen, RangeError, 'ERR_OUT_OF_RANGE'),
        await rejects(manager().start(), RangeError, 'ERR_OUT_OF_RANGE'),
        throws(() => manager().getServer(), RangeError, 'ERR_OUT_OF_RANGE'),
      ];
      for (const { message } of errors) {
        expect(message).toContain(option);
        expect(message).toContain('give it to who connects');
      }
    }
  });

  it('refuses keys and certificates that are none, and shows none of them', () => {
    const make = (tls: object, address: Address = there) =>
      own(new Listener(address, { authkey, tls }));
    throws(() => make({ cert: ours.cert }), TypeError, 'ERR_INVALID_ARG_TYPE');
    throws(() => make({ key: ours.key }), TypeError, 'ERR_INVALID_ARG_TYPE');
    throws(() => make({ key: 1, cert: ours.cert }), TypeError, 'ERR_INVALID_ARG_TYPE');
    throws(() => make({ ...ours, rejectUnauthorized: false }), TypeError, 'ERR_UNKNOWN_OPTION');
    throws(() => make({ ...ours, fingerprint: 'AB:CD' }), RangeError, 'ERR_OUT_OF_RANGE');
    throws(() => make(ours, '/tmp/nowhere'), RangeError, 'ERR_OUT_OF_RANGE');
    for (const tls of [
      { key: 'no key at all, but a secret', cert: ours.cert },
      { key: other.key, cert: ours.cert },
    ]) {
      const error = throws(() => make(tls), RangeError, 'ERR_OUT_OF_RANGE');
      expect(String(error.message)).not.toContain('secret');
    }
  });
});
