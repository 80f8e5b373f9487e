import { once } from 'node:events';
import { createServer, connect, type Socket } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { InterprocError, Queue, wait } from '../dist/index.js';
import { rejects } from './helpers/failures.js';
import { own } from './helpers/owned.js';
import { isPending, until } from './helpers/time.js';

async function sockets(): Promise<[Socket, Socket]> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  const near = connect((server.address() as { port: number }).port, '127.0.0.1');
  const [far] = (await accepted) as [Socket];
  server.close();
  own({ close: () => near.destroy() });
  own({ close: () => far.destroy() });
  return [near, far];
}

describe('wait with sockets and streams', () => {
  it('is woken by data, which stays to be read, and by the end', async () => {
    const [near, far] = await sockets();
    const queue = own(new Queue());
    const waiting = wait([queue, near]);
    expect(await isPending(waiting, 50)).toBe(true);
    far.write('hello');
    expect(await waiting).toEqual([near]);
    expect(await wait([near, queue], { timeout: 0 })).toEqual([near]);
    expect(String(near.read())).toBe('hello');
    const ending = wait([near]);
    expect(await isPending(ending, 30)).toBe(true);
    far.end();
    expect(await ending).toEqual([near]);
    expect(await wait([near], { timeout: 0 })).toEqual([near]);
  });

  it('sees with a timeout of zero what has arrived, though nobody has read it yet', async () => {
    const [near, far] = await sockets();
    await new Promise((resolve) => far.write('x', resolve));
    await until(async () => (await wait([near], { timeout: 0 })).length === 1, 5_000);
  });

  it('resolves for a queue while a stream stays silent, and the reverse', async () => {
    const stream = new PassThrough({ objectMode: true });
    const queue = own(new Queue());
    let waiting = wait<PassThrough | Queue>([stream, queue]);
    queue.putSync(1);
    expect(await waiting).toEqual([queue]);
    queue.getNowait();
    waiting = wait<PassThrough | Queue>([stream, queue]);
    stream.write({ an: 'object' });
    expect(await waiting).toEqual([stream]);
    expect(stream.read()).toEqual({ an: 'object' });
  });

  it('leaves no listener behind and the mode of the stream as it was', async () => {
    const idle = new PassThrough();
    const paused = new PassThrough();
    const seen: string[] = [];
    paused.on('data', (data) => seen.push(String(data)));
    paused.pause();
    expect(await wait([idle, paused], { timeout: 20 })).toEqual([]);
    await until(() => idle.listenerCount('readable') === 0);
    const waiting = wait([idle, paused]);
    paused.write('kept');
    expect(await waiting).toEqual([paused]);
    expect(await isPending(Promise.race([]), 20)).toBe(true);
    expect(seen).toEqual([]);
    expect(paused.isPaused()).toBe(true);
    for (const stream of [idle, paused]) {
      for (const event of ['readable', 'end', 'close'])
        expect(stream.listeners(event).filter(({ name }) => name !== 'onend')).toHaveLength(
          event === 'end' ? stream.listenerCount('end') : 0,
        );
    }
    idle.end('flows');
    let text = '';
    for await (const data of idle) text += data;
    expect(text).toBe('flows');
    paused.resume();
    await until(() => seen.length === 1);
    expect(seen).toEqual(['kept']);
  });

  it('counts a destroyed stream as ready, also while it waits', async () => {
    const stream = new PassThrough();
    const waiting = wait([stream]);
    expect(await isPending(waiting, 20)).toBe(true);
    stream.destroy();
    expect(await waiting).toEqual([stream]);
    expect(await wait([stream])).toEqual([stream]);
    expect(await wait([Readable.from([])])).toHaveLength(1);
  });

  it('refuses a stream whose data goes to listeners', async () => {
    const stream = new PassThrough();
    stream.on('data', () => undefined);
    stream.resume();
    await rejects(wait([stream]), InterprocError, 'ERR_NOT_READABLE');
  });
});
