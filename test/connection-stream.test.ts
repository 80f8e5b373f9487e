import { once } from 'node:events';
import { Readable, Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import { EOFError, Pipe } from '../dist/index.js';
import { rejects } from './helpers/failures.js';
import { ownBoth } from './helpers/owned.js';
import { Peer } from './helpers/peer.js';
import { isPending, until } from './helpers/time.js';

describe('a connection as a stream', () => {
  it('gives messages as they come and ends at the end of file', async () => {
    const [a, b] = ownBoth(Pipe<unknown>());
    const stream = b.toDuplex();
    for (const message of [{ n: 1 }, '', 0, false, undefined, Buffer.alloc(0)]) a.sendSync(message);
    a.close();
    const seen: unknown[] = [];
    for await (const message of stream) seen.push(message);
    expect(seen).toStrictEqual([{ n: 1 }, '', 0, false, undefined, Buffer.alloc(0)]);
    await until(() => b.closed);
  });

  it('sends what is written', async () => {
    const [a, b] = ownBoth(Pipe<unknown>());
    const stream = b.toDuplex();
    stream.write({ n: 1 });
    stream.write('two');
    expect([await a.recv(), await a.recv()]).toEqual([{ n: 1 }, 'two']);
    stream.destroy();
    await rejects(a.recv(), EOFError, 'ERR_EOF');
    expect(b.closed).toBe(true);
  });

  it('reads no more than is wanted', async () => {
    const [a, b] = ownBoth(Pipe<number>({ duplex: false }));
    const stream = a.toDuplex();
    stream.once('data', () => stream.pause());
    for (let n = 0; n < 1000; n++) b.sendSync(n);
    await until(() => stream.readableLength > 0);
    expect(await isPending(new Promise(() => {}), 50)).toBe(true);
    expect(stream.readableLength).toBeLessThan(100);
    stream.destroy();
  });

  it('holds a writer back while nobody reads at the other end', async () => {
    const [here, there] = ownBoth(Pipe<{ n: number; pad: string }>({ capacity: 4096 }));
    const peer = new Peer('connection', 'readStream', { handle: there.handOver() });
    await peer.event('ready');
    let made = 0;
    const source = Readable.from(
      (function* () {
        for (; made < 2000; made++) yield { n: made, pad: 'x'.repeat(200) };
      })(),
    );
    const stream = here.toDuplex();
    const sent = pipeline(source, stream);
    expect(await isPending(sent, 200)).toBe(true);
    expect(made).toBeLessThan(300);
    peer.go();
    await sent;
    stream.destroy();
    expect(await peer.event('ended')).toMatchObject({ count: 2000, wrong: 0 });
  });

  it('takes part in a pipeline between processes', async () => {
    const [here, there] = ownBoth(Pipe<{ n: number }>({ capacity: 4096, duplex: false }));
    const peer = new Peer('connection', 'writeStream', { handle: there.handOver(), count: 3000 });
    let next = 0;
    let wrong = 0;
    await pipeline(
      here.toDuplex(),
      new Transform({
        objectMode: true,
        transform: (message: { n: number }, _, done) => done(null, message.n),
      }),
      new Writable({
        objectMode: true,
        write: (n: number, _, done) => {
          if (n !== next++) wrong++;
          setImmediate(done);
        },
      }),
    );
    expect([next, wrong]).toEqual([3000, 0]);
    expect(peer.errors).toBe('');
  });

  it('fails what is written to a dead end with EPIPE', async () => {
    const [a, b] = ownBoth(Pipe<number>());
    const stream = b.toDuplex();
    a.close();
    const failed = new Promise((resolve) => stream.once('error', resolve));
    stream.write(1);
    expect(await failed).toMatchObject({ code: 'EPIPE' });
    await until(() => b.closed);
  });

  it('has the directions of its connection', () => {
    const [reader, writer] = ownBoth(Pipe<number>({ duplex: false }));
    const [reads, writes] = [reader.toDuplex(), writer.toDuplex()];
    expect([reads.readable, reads.writable]).toEqual([true, false]);
    expect([writes.readable, writes.writable]).toEqual([false, true]);
    reads.destroy();
    writes.destroy();
  });

  it('ends its reader when a one-way writer has ended', async () => {
    const [reader, writer] = ownBoth(Pipe<number>({ duplex: false }));
    await pipeline(Readable.from([1, 2, 3]), writer.toDuplex());
    const seen: number[] = [];
    for await (const n of reader) seen.push(n);
    expect(seen).toEqual([1, 2, 3]);
  });

  it('goes on receiving after the end of its writing, and tells the other end when it is destroyed', async () => {
    const [a, b] = ownBoth(Pipe<string>());
    const stream = b.toDuplex();
    stream.end('the last');
    expect(await a.recv()).toBe('the last');
    a.sendSync('an answer');
    const [answer] = await once(stream, 'data');
    expect([answer, b.closed]).toEqual(['an answer', false]);
    const end = rejects(a.recv(), EOFError, 'ERR_EOF');
    stream.destroy();
    await end;
  });

  it('refuses the one message that a stream cannot carry', async () => {
    const [a, b] = ownBoth(Pipe<unknown>());
    const stream = b.toDuplex();
    a.sendSync(null);
    a.sendSync('behind it');
    const seen: unknown[] = [];
    const read = (async () => {
      for await (const message of stream) seen.push(message);
    })();
    await expect(read).rejects.toMatchObject({ code: 'ERR_STREAM_NULL_VALUES' });
    expect(seen).toEqual([]);
  });
});
