import { describe, expect, it } from 'vitest';
import { AbortError, ClosedError, type Connection, InterprocError, Pipe } from '../dist/index.js';
import { rejects, throws } from './helpers/failures.js';
import { ownBoth } from './helpers/owned.js';
import { isPending, until } from './helpers/time.js';

async function everything<T>(stream: ReadableStream<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const chunk of stream as unknown as AsyncIterable<T>) all.push(chunk);
  return all;
}

function numbers(count: number): ReadableStream<number> {
  let next = 0;
  return new ReadableStream({
    pull: (controller) => (next < count ? controller.enqueue(next++) : controller.close()),
  });
}

describe('toWebStream', () => {
  it('gives messages as chunks until the end of file, null and undefined among them', async () => {
    const [reader, writer] = ownBoth(Pipe<unknown>({ duplex: false }));
    const { readable } = reader.toWebStream();
    const messages = [1, null, undefined, '', { deep: [new Date(0)] }];
    for (const message of messages) await writer.send(message);
    writer.close();
    expect(await everything(readable)).toEqual(messages);
    expect(reader.closed).toBe(true);
  });

  it('carries a pipeTo from end to end, more than the pipe holds', async () => {
    const [reader, writer] = ownBoth(Pipe<number>({ duplex: false, capacity: 4096 }));
    const sent = numbers(5_000).pipeTo(writer.toWebStream().writable);
    const got = await everything(reader.toWebStream().readable);
    await sent;
    expect(got).toEqual(Array.from({ length: 5_000 }, (_, index) => index));
    expect(writer.closed).toBe(true);
  });

  it('echoes through both directions of a duplex pipe with pipeThrough', async () => {
    const [a, b] = ownBoth(Pipe<number>());
    const far = b.toWebStream();
    const doubled = new TransformStream<number, number>({
      transform: (value, controller) => controller.enqueue(value * 2),
    });
    const served = far.readable.pipeThrough(doubled).pipeTo(far.writable);
    const near = a.toWebStream();
    const writer = near.writable.getWriter();
    const reader = near.readable.getReader();
    for (let value = 0; value < 20; value++) {
      await writer.write(value);
      expect(await reader.read()).toEqual({ done: false, value: value * 2 });
    }
    await writer.close();
    expect(a.closed).toBe(false);
    await reader.cancel();
    expect(a.closed).toBe(true);
    await served;
    expect(b.closed).toBe(true);
  });

  it('receives nothing before it is wanted, and holds a writer back while there is no room', async () => {
    const [a, b] = ownBoth(Pipe<Buffer>({ capacity: 4096 }));
    const { readable } = a.toWebStream();
    const { writable } = b.toWebStream();
    const writer = writable.getWriter();
    const chunk = Buffer.alloc(900);
    let written = 0;
    const writing = (async () => {
      for (let count = 0; count < 40; count++) {
        await writer.ready;
        await writer.write(chunk);
        written++;
      }
    })();
    expect(await isPending(writing, 80)).toBe(true);
    expect(written).toBeLessThan(10);
    const reader = readable.getReader();
    for (let count = 0; count < 40; count++) expect((await reader.read()).value).toHaveLength(900);
    await writing;
    expect(written).toBe(40);
  });

  it('leaves the rest with the connection when its reader lets go', async () => {
    const [a, b] = ownBoth(Pipe<number>());
    for (const message of [1, 2, 3]) await b.send(message);
    const { readable } = a.toWebStream();
    expect(await isPending(new Promise(() => undefined), 20)).toBe(true);
    const reader = readable.getReader();
    expect((await reader.read()).value).toBe(1);
    reader.releaseLock();
    expect(await isPending(new Promise(() => undefined), 20)).toBe(true);
    expect(await a.recv()).toBe(2);
  });

  it('ends a receive that a cancel interrupts, and takes no message with it', async () => {
    const [a, b] = ownBoth(Pipe<string>());
    const { readable } = a.toWebStream();
    const reader = readable.getReader();
    const reading = reader.read();
    expect(await isPending(reading, 30)).toBe(true);
    await reader.cancel('enough');
    expect(await reading).toEqual({ done: true, value: undefined });
    expect(a.closed).toBe(false);
    await b.send('still there');
    expect(await a.recv()).toBe('still there');
  });

  it('ends a send that an abort interrupts', async () => {
    const [a, b] = ownBoth(Pipe<Buffer>({ capacity: 4096 }));
    const { writable } = a.toWebStream();
    const writer = writable.getWriter();
    while (a.writable) {
      const write = writer.write(Buffer.alloc(900));
      if (await isPending(write, 40)) {
        const reason = new Error('no more');
        const failing = rejects(write, AbortError, 'ABORT_ERR');
        await writer.abort(reason);
        expect((await failing).cause).toBe(reason);
        await expect(writer.closed).rejects.toBe(reason);
        break;
      }
    }
    expect(a.closed).toBe(false);
    await b.recv();
  });

  it('fails a writer whose peer has gone, with EPIPE', async () => {
    const [a, b] = ownBoth(Pipe<number>());
    const { readable, writable } = a.toWebStream();
    b.close();
    await rejects(writable.getWriter().write(1), InterprocError, 'EPIPE');
    expect(await everything(readable)).toEqual([]);
    await until(() => a.closed);
  });

  it('fails with ERR_CLOSED when the connection is closed under it', async () => {
    const [a] = ownBoth(Pipe<number>());
    const { readable } = a.toWebStream();
    const reading = readable.getReader().read();
    expect(await isPending(reading, 20)).toBe(true);
    a.close();
    await rejects(reading, ClosedError, 'ERR_CLOSED');
  });

  it('has a failed stream for the direction that a one-way end lacks', async () => {
    const [reader, writer] = ownBoth(Pipe<number>({ duplex: false }));
    await rejects(
      reader.toWebStream().writable.getWriter().closed,
      InterprocError,
      'ERR_NOT_WRITABLE',
    );
    await rejects(
      writer.toWebStream().readable.getReader().closed,
      InterprocError,
      'ERR_NOT_READABLE',
    );
  });

  it('refuses a closed connection', () => {
    const [a] = ownBoth(Pipe()) as readonly [Connection, Connection];
    a.close();
    throws(() => a.toWebStream(), ClosedError, 'ERR_CLOSED');
  });
});
