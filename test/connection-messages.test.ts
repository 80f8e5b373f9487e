import { describe, expect, it } from 'vitest';
import {
  ClosedError,
  type Connection,
  Pipe,
  SerializationError,
  TimeoutError,
} from '../dist/index.js';
import { rejects, throws } from './helpers/failures.js';
import { own, ownBoth } from './helpers/owned.js';
import { Peer } from './helpers/peer.js';
import { duration, isPending } from './helpers/time.js';

/** For blocking calls that a fault elsewhere would keep for ever: no test timeout ends those. */
const patience = { timeout: 30_000 };

describe('messages through a pipe', () => {
  it('go both ways, in every form', async () => {
    const [a, b] = ownBoth(Pipe<unknown>());
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      await from.send({ n: 1 });
      expect(to.recvSync()).toEqual({ n: 1 });
      from.sendSync([undefined, -0, 5n]);
      expect(await to.recv()).toStrictEqual([undefined, -0, 5n]);
    }
    expect([a.readable, a.writable, b.readable, b.writable]).toEqual([true, true, true, true]);
  });

  it('come in the order they were sent in, whichever form sent them', async () => {
    const [a, b] = ownBoth(Pipe<{ n: number }>({ capacity: 4096 }));
    for (const form of ['sync', 'promise']) {
      const [from, to] =
        form === 'sync' ? [a, b] : ownBoth(Pipe<{ n: number }>({ capacity: 4096 }));
      const peer = new Peer('connection', 'send', { handle: from.handOver(), count: 3000, form });
      let next = 0;
      for await (const { n } of to) expect(n).toBe(next++);
      expect(next).toBe(3000);
      expect(await peer.ended).toEqual({ code: 0, signal: null });
    }
  });

  it('reach another process and come back, thousands of times', async () => {
    for (const action of ['echo', 'echoSync']) {
      const [here, there] = ownBoth(Pipe<unknown>());
      const peer = new Peer('connection', action, { handle: there.handOver() });
      await peer.event('ready');
      for (let n = 0; n < 1000; n++) {
        await here.send(n);
        expect(await here.recv()).toBe(n);
        here.sendSync({ n });
        expect(here.recvSync(patience)).toEqual({ n });
      }
      here.close();
      await peer.event('ended');
      expect(await peer.ended).toEqual({ code: 0, signal: null });
    }
  });

  it('wake a waiting process by themselves, not by a timer', async () => {
    const [here, there] = ownBoth(Pipe<number>());
    const peer = new Peer('connection', 'echo', { handle: there.handOver() });
    await peer.event('ready');
    const rounds = 200;
    const took = await duration(async () => {
      for (let n = 0; n < rounds; n++) {
        await here.send(n);
        await here.recv();
      }
    });
    // A timer of 50 ms on either side would make this ten seconds.
    expect(took / rounds).toBeLessThan(15);
  });

  it('may be of 64 MiB, through a small capacity', async () => {
    const [here, there] = ownBoth(Pipe<Buffer>({ codec: 'raw', capacity: 4096 }));
    const peer = new Peer('connection', 'echo', { handle: there.handOver() });
    await peer.event('ready');
    const message = Buffer.alloc(64 * 1024 * 1024);
    for (let at = 0; at < message.length; at += 4096) message.writeUInt32LE(at, at);
    const sent = here.send(message);
    const back = await here.recv();
    await sent;
    expect(back.equals(message)).toBe(true);
  });

  it('wait for room when nobody reads, and go on when somebody does', async () => {
    const [here, there] = ownBoth(Pipe<unknown>({ capacity: 4096 }));
    for (const sync of [true, false]) {
      const [left, right] = sync ? [here, there] : ownBoth(Pipe<unknown>({ capacity: 4096 }));
      const peer = new Peer('connection', 'fill', { handle: right.handOver(), sync, size: 500 });
      const { sent } = await peer.event('full');
      expect(sent).toBeGreaterThan(3);
      expect(await isPending(peer.ended)).toBe(true);
      for (let n = 0; n < (sent as number) + 1; n++) {
        expect((await left.recvBytes(undefined, { timeout: 20_000 })).length).toBe(500);
      }
      expect((await peer.event('sent'))['error']).toBe(undefined);
    }
  });

  it('wait for their time only', async () => {
    const [a, b] = ownBoth(Pipe<Buffer>({ codec: 'raw', capacity: 4096 }));
    await rejects(a.recv({ timeout: 30 }), TimeoutError, 'ERR_TIMEOUT');
    throws(() => a.recvSync({ timeout: 30 }), TimeoutError, 'ERR_TIMEOUT');
    throws(() => a.recvSync({ block: false }), TimeoutError, 'ERR_TIMEOUT');
    await rejects(a.recv({ timeout: -1 }), TimeoutError, 'ERR_TIMEOUT');
    for (let n = 0; n < 4; n++) a.sendSync(Buffer.alloc(900));
    const message = Buffer.alloc(900);
    await rejects(a.send(message, { timeout: 30 }), TimeoutError, 'ERR_TIMEOUT');
    throws(() => a.sendSync(message, { timeout: 30 }), TimeoutError, 'ERR_TIMEOUT');
    throws(() => a.sendSync(message, { block: false }), TimeoutError, 'ERR_TIMEOUT');
    await rejects(a.recv({ timeout: Number.NaN }), TypeError, 'ERR_INVALID_ARG_TYPE');
    throws(() => a.recvSync({ timeout: '1' } as object), TypeError, 'ERR_INVALID_ARG_TYPE');
    for (let n = 0; n < 4; n++) expect(b.recvSync()).toHaveLength(900);
    throws(() => b.recvSync({ timeout: 0 }), TimeoutError, 'ERR_TIMEOUT');
  });

  it('are left alone by an aborted wait', async () => {
    const [a, b] = ownBoth(Pipe<string>());
    const controller = new AbortController();
    const aborted = a.recv({ signal: controller.signal });
    const waits = a.recv();
    controller.abort('enough');
    expect((await rejects(aborted, Error, 'ABORT_ERR')).cause).toBe('enough');
    await rejects(a.recv({ signal: controller.signal }), Error, 'ABORT_ERR');
    await rejects(b.send('never', { signal: controller.signal }), Error, 'ABORT_ERR');
    b.sendSync('for the other');
    expect(await waits).toBe('for the other');
    expect(a.pollSync()).toBe(false);
  });

  it('that cannot be encoded are refused, and the next one goes through', async () => {
    const [a, b] = ownBoth(Pipe<unknown>());
    await rejects(a.send({ f() {} }), SerializationError, 'ERR_NOT_SERIALIZABLE');
    throws(() => a.sendSync(Symbol('no')), SerializationError, 'ERR_NOT_SERIALIZABLE');
    a.sendSync('fine');
    expect(b.recvSync()).toBe('fine');
    expect(b.pollSync()).toBe(false);
  });

  it('may carry the other objects, attached', () => {
    const [a, b] = ownBoth(Pipe<unknown>());
    const [c, d] = ownBoth(Pipe<string>());
    a.sendSync({ end: d });
    expect(d.closed).toBe(true);
    const { end } = b.recvSync() as { end: Connection<string> };
    own(end);
    c.sendSync('through both');
    expect(end.recvSync()).toBe('through both');
  });

  it('cannot go through a closed end, in any form', async () => {
    const [a] = ownBoth(Pipe<unknown>());
    const pending = a.recv();
    a.close();
    a.close();
    await rejects(pending, ClosedError, 'ERR_CLOSED');
    expect([a.closed, a.readable, a.writable]).toEqual([true, false, false]);
    const bytes = Buffer.alloc(8);
    for (const call of [
      a.send(1),
      a.recv(),
      a.sendBytes(bytes),
      a.recvBytes(),
      a.recvBytesInto(bytes),
      a.poll(),
    ])
      await rejects(call, ClosedError, 'ERR_CLOSED');
    for (const call of [
      () => a.sendSync(1),
      () => a.recvSync(),
      () => a.sendBytesSync(bytes),
      () => a.recvBytesSync(),
      () => a.recvBytesIntoSync(bytes),
      () => a.pollSync(),
      () => a.handOver(),
      () => a.toDuplex(),
    ])
      throws(call, ClosedError, 'ERR_CLOSED');
  });
});
