import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { makeCertificate } from './helpers/certificates.js';
import { Peer } from './helpers/peer.js';
import { twoHosts } from './helpers/two-hosts.js';

const hosts = twoHosts();
const authkey = 'the key of these tests';
const keepAlive = 2_000;

afterAll(() => hosts?.remove());

describe.skipIf(hosts === undefined)('a manager on another host', () => {
  const { one, other } = hosts ?? ({} as never);
  const cert = makeCertificate('IP:10.77.0.1');

  afterEach(() => {
    try {
      hosts?.cut(false);
    } catch {
      // It was not cut.
    }
  });

  async function start(tls?: { key: string; cert: string }) {
    const address = { host: one.address, port: 0 };
    const server = new Peer(
      'manager-host',
      'serve',
      { address, authkey, keepAlive, tls },
      one.through,
    );
    const ready = await server.event('ready');
    return { server, address: ready['address'] };
  }

  const client = (action: string, address: unknown, tls?: object) =>
    new Peer(
      'manager-client',
      action,
      { address, options: { authkey, keepAlive, tls } },
      other.through,
    );

  for (const [name, tls] of [
    ['TCP', undefined],
    ['TLS', cert],
  ] as const) {
    it(`serves over ${name}`, async () => {
      const { address } = await start(tls);
      const near = client('stayIdle', address, tls && { ca: tls.cert });
      expect((await near.event('idle'))['items']).toEqual([1]);
      expect((await near.ended).code).toBe(0);
    });

    it(`over ${name}: a network that falls silent ends waiting calls, and on the other side the client`, async () => {
      const { server, address } = await start(tls);
      const near = client('waitInCalls', address, tls && { ca: tls.cert });
      await near.event('waiting');
      await server.event('objects 2');
      hosts?.cut(true);
      const gone = await near.event('gone');
      for (const [code] of gone['codes'] as string[][]) expect(code).toBe('ERR_REMOTE');
      expect((await near.event('later'))['code']).toBe('ERR_REMOTE');
      await server.event('objects 0');
      hosts?.cut(false);
      expect((await near.ended).code).toBe(0);
    });
  }

  it('fails for a call that is on the way when the network falls silent', async () => {
    const { server, address } = await start();
    const near = client('callOn', address);
    await near.event('calling');
    hosts?.cut(true);
    const [[code]] = (await near.event('gone'))['codes'] as [[string]];
    expect(code).toBe('ERR_REMOTE');
    await server.event('objects 0');
  });
});
