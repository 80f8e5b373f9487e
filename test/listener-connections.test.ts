import { describe, expect, it } from 'vitest';
import {
  AbortError,
  BufferTooShort,
  BrokenPipeError,
  ClosedError,
  EOFError,
  InterprocError,
  MessageTooLargeError,
  Pipe,
  Queue,
  SerializationError,
  type SocketConnection,
  TimeoutError,
  wait,
} from '../dist/index.js';
import { rejects, throws } from './helpers/failures.js';
import { own, ownBoth } from './helpers/owned.js';
import { connected, listen, tcp } from './helpers/sockets.js';
import { isPending, until } from './helpers/time.js';

for (const [kind, address] of [
  ['a Unix socket', undefined],
  ['TCP', tcp],
] as const) {
  describe(`a connection over ${kind}`, () => {
    it('carries messages both ways, in order and of any size, with boundaries kept', async () => {
      const [near, far] = await connected(await listen({}, address));
      const messages = [undefined, null, '', { a: [1n, -0, new Date(5)] }, 'x'.repeat(70_000)];
      for (const message of messages) await near.send(message);
      for (const message of messages) expect(await far.recv()).toEqual(message);
      const large = Buffer.alloc(9_000_000, 'interproc');
      const sending = far.send(large);
      expect(large.equals((await near.recv()) as Buffer)).toBe(true);
      await sending;
      await far.sendBytes(Buffer.alloc(0));
      expect(await near.recvBytes()).toEqual(Buffer.alloc(0));
    });

    it('has bytes that are the encoded messages, and the reverse', async () => {
      const [near, far] = await connected<unknown>(await listen({ codec: 'json' }, address), {
        codec: 'json',
      });
      await near.send({ n: 1 });
      expect(String(await far.recvBytes())).toBe('{"n":1}');
      await far.sendBytes(Buffer.from('xx[2]'), 2);
      expect(await near.recv()).toEqual([2]);
      const target = new Uint8Array(10);
      await near.sendBytes(Buffer.from('12345'), 1, 3);
      expect(await far.recvBytesInto(target, 2)).toBe(3);
      expect(String.fromCharCode(...target.subarray(2, 5))).toBe('234');
    });

    it('reads what was sent, then meets the end of file; a send meets EPIPE', async () => {
      const [near, far] = await connected<number>(await listen({}, address));
      await near.send(1);
      await near.send(2);
      near.close();
      const got: number[] = [];
      for await (const message of far) got.push(message);
      expect(got).toEqual([1, 2]);
      await rejects(far.recv(), EOFError, 'ERR_EOF');
      expect(await far.poll()).toBe(true);
      await rejects(far.send(3), BrokenPipeError, 'EPIPE');
      await rejects(near.send(1), ClosedError, 'ERR_CLOSED');
    });

    it('wakes a receive when the other end is closed, and those of this end when it is', async () => {
      const [near, far] = await connected(await listen({}, address));
      const waits = Promise.all([
        rejects(far.recv(), EOFError, 'ERR_EOF'),
        rejects(near.recv(), ClosedError, 'ERR_CLOSED'),
        rejects(near.poll(60_000), ClosedError, 'ERR_CLOSED'),
        rejects(wait([near]), ClosedError, 'ERR_CLOSED'),
      ]);
      expect(await isPending(waits, 30)).toBe(true);
      near.close();
      await waits;
      near.close();
      expect([near.closed, near.readable, near.writable]).toEqual([true, false, false]);
    });

    it('polls without taking, and limits and aborts its waits', async () => {
      const [near, far] = await connected<string>(await listen({}, address));
      expect(await far.poll()).toBe(false);
      expect(await far.poll(30)).toBe(false);
      const polling = far.poll(20_000);
      await near.send('kept');
      expect(await polling).toBe(true);
      expect(await far.poll()).toBe(true);
      expect(await far.recv({ timeout: 0 })).toBe('kept');
      await rejects(far.recv({ timeout: 0 }), TimeoutError, 'ERR_TIMEOUT');
      await rejects(far.recv({ timeout: 30 }), TimeoutError, 'ERR_TIMEOUT');
      const stop = new AbortController();
      const receiving = far.recv({ signal: stop.signal });
      stop.abort();
      await rejects(receiving, AbortError, 'ABORT_ERR');
      await near.send('not taken');
      expect(await far.recv()).toBe('not taken');
    });

    it('holds a sender back while nobody reads; what a limit ended was not sent at all', async () => {
      const [near, far] = await connected<Buffer>(await listen({}, address));
      const chunk = Buffer.alloc(200_000, 1);
      let sent = 0;
      for (;;) {
        const failed = await near.send(chunk, { timeout: 60 }).catch((error: Error) => error);
        if (failed !== undefined) {
          expect(failed).toBeInstanceOf(TimeoutError);
          break;
        }
        sent++;
        expect(sent).toBeLessThan(1_000);
      }
      const stop = new AbortController();
      const aborted = near.send(Buffer.from('never'), { signal: stop.signal });
      const waiting = near.send(Buffer.from('last'));
      expect(await isPending(waiting, 30)).toBe(true);
      stop.abort();
      await rejects(aborted, AbortError, 'ABORT_ERR');
      for (let count = 0; count < sent; count++)
        expect((await far.recv()).equals(chunk)).toBe(true);
      expect(String(await far.recv())).toBe('last');
      await waiting;
    });

    it('sends on what was begun when it is closed', async () => {
      const [near, far] = await connected<Buffer>(await listen({}, address));
      const large = Buffer.alloc(5_000_000, 3);
      const sending = near.send(large).catch((error: unknown) => error);
      near.close();
      expect(await sending).toBeInstanceOf(ClosedError);
      expect(large.equals(await far.recv())).toBe(true);
      await rejects(far.recv(), EOFError, 'ERR_EOF');
    });

    it('refuses a message longer than maxBytes, which ends it', async () => {
      const listener = await listen({ maxBytes: 1_000 }, address);
      const [near, far] = await connected<string>(listener as never);
      await near.send('x'.repeat(900));
      await near.send('x'.repeat(1_100));
      expect(await far.recv()).toHaveLength(900);
      await rejects(far.recv(), MessageTooLargeError, 'ERR_MESSAGE_TOO_LARGE');
      await rejects(far.recv(), MessageTooLargeError, 'ERR_MESSAGE_TOO_LARGE');
      await rejects(near.recv(), EOFError, 'ERR_EOF');
    });

    it('is spoilt for reading by a message longer than recvBytes allows, not for writing', async () => {
      const [near, far] = await connected<string>(await listen({}, address));
      await near.sendBytes(Buffer.alloc(20));
      const into = await rejects(
        far.recvBytesInto(new Uint8Array(4)),
        BufferTooShort,
        'ERR_BUFFER_TOO_SHORT',
      );
      expect(into).toHaveProperty('data', Buffer.alloc(20));
      await near.sendBytes(Buffer.alloc(20));
      await rejects(far.recvBytes(19), BufferTooShort, 'ERR_BUFFER_TOO_SHORT');
      expect([far.readable, far.writable]).toEqual([false, true]);
      await rejects(far.recv(), InterprocError, 'ERR_NOT_READABLE');
      await rejects(wait([far]), InterprocError, 'ERR_NOT_READABLE');
      await far.send('still');
      expect(await near.recv()).toBe('still');
    });

    it('can be waited for beside other objects', async () => {
      const [near, far] = await connected<string>(await listen({}, address));
      const queue = own(new Queue());
      const waiting = wait([far, queue]);
      expect(await isPending(waiting, 30)).toBe(true);
      await near.send('now');
      expect(await waiting).toEqual([far]);
      expect(await wait([far, queue], { timeout: 0 })).toEqual([far]);
      expect(await far.recv()).toBe('now');
      near.close();
      expect(await wait([far, queue])).toEqual([far]);
      const closing = wait([queue, (await connected(await listen()))[0]]);
      expect(await isPending(closing, 10)).toBe(true);
    });

    it('becomes a duplex and web streams', async () => {
      const [near, far] = await connected<number>(await listen({}, address));
      const duplex = near.toDuplex();
      duplex.write(1);
      duplex.write(2);
      const { readable, writable } = far.toWebStream();
      const reader = readable.getReader();
      expect([(await reader.read()).value, (await reader.read()).value]).toEqual([1, 2]);
      await writable.getWriter().write(3);
      await until(() => duplex.readableLength > 0 || duplex.read() === 3);
      duplex.destroy();
      expect(await reader.read()).toEqual({ done: true, value: undefined });
      await until(() => near.closed);
    });
  });
}

describe('a connection over a socket', () => {
  it('carries shared objects over a Unix socket, which arrive attached', async () => {
    const [near, far] = await connected<{ part: unknown }>(await listen());
    const queue = own(new Queue<string>());
    await near.send({ part: queue });
    own((await far.recv()).part as Queue).putNowait('through the copy');
    expect(queue.getNowait()).toBe('through the copy');
    const [a, b] = ownBoth(Pipe<string>());
    await near.send({ part: a });
    expect(a.closed).toBe(true);
    const arrived = own((await far.recv()).part as typeof a);
    await b.send('handed over');
    expect(await arrived.recv()).toBe('handed over');
  });

  it('refuses them over TCP, in both directions', async () => {
    const [near, far] = await connected<unknown>(await listen({}, tcp));
    const queue = own(new Queue());
    await rejects(near.send([queue]), SerializationError, 'ERR_NOT_SERIALIZABLE');
    const [a, b] = await connected<unknown>(await listen());
    await a.send([queue]);
    await near.sendBytes(await b.recvBytes());
    await rejects(far.recv(), SerializationError, 'ERR_NOT_SERIALIZABLE');
    await near.send(queue.handle);
    expect(await far.recv()).toEqual(queue.handle);
  });

  it('has no Sync forms, and says why', async () => {
    const [near] = await connected(await listen());
    for (const form of [
      'sendSync',
      'recvSync',
      'sendBytesSync',
      'recvBytesSync',
      'recvBytesIntoSync',
      'pollSync',
    ] as const)
      throws(() => near[form](), InterprocError, 'ERR_NO_SYNC_FORM');
  });

  type Wrong = [what: string, use: (c: SocketConnection) => Promise<unknown>, code: string];
  const wrong: Wrong[] = [
    ['a function', (c) => c.send(() => 0), 'ERR_NOT_SERIALIZABLE'],
    ['a timeout that is text', (c) => c.send(1, { timeout: '1' } as never), 'ERR_INVALID_ARG_TYPE'],
    ['a misspelt option', (c) => c.recv({ tmeout: 1 } as never), 'ERR_UNKNOWN_OPTION'],
    ['text for bytes', (c) => c.sendBytes('text' as never), 'ERR_INVALID_ARG_TYPE'],
    ['an offset beyond the end', (c) => c.sendBytes(Buffer.alloc(2), 3), 'ERR_OUT_OF_RANGE'],
    ['a negative size', (c) => c.sendBytes(Buffer.alloc(2), 0, -1), 'ERR_OUT_OF_RANGE'],
    ['a negative maxLength', (c) => c.recvBytes(-1), 'ERR_OUT_OF_RANGE'],
    ['a maxLength that is text', (c) => c.recvBytes('1' as never), 'ERR_INVALID_ARG_TYPE'],
    ['no buffer', (c) => c.recvBytesInto({} as never), 'ERR_INVALID_ARG_TYPE'],
    ['a poll of NaN', (c) => c.poll(Number.NaN), 'ERR_INVALID_ARG_TYPE'],
  ];
  for (const [what, use, code] of wrong) {
    it(`refuses ${what} and stays usable`, async () => {
      const [near, far] = await connected<unknown>(await listen());
      await rejects(use(near), Error, code);
      await far.send('fine');
      expect(await near.recv()).toBe('fine');
    });
  }
});
