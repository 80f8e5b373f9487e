import { describe, expect, it } from 'vitest';
import { type Connection, EOFError, Lock, Pipe, Queue, SharedArray, Value } from '../dist/index.js';
import { rejects } from './helpers/failures.js';
import { own, ownBoth } from './helpers/owned.js';
import { Peer } from './helpers/peer.js';

describe('shared objects among the items of a queue', () => {
  it('arrive attached, at any depth', async () => {
    const queue = own(new Queue<unknown>());
    const sent = {
      queue: own(new Queue<number>()),
      list: [{ value: own(new Value('i', 5)) }],
      map: new Map([['lock', own(new Lock())]]),
      array: own(new SharedArray('d', [1, 2, 3])),
    };
    await queue.put(sent);
    const arrived = (await queue.get()) as typeof sent;
    const { value } = arrived.list[0]!;
    for (const object of [arrived.queue, value, arrived.map.get('lock')!]) own(object);
    expect(arrived.queue).toBeInstanceOf(Queue);
    expect(arrived.queue).not.toBe(sent.queue);
    arrived.queue.putSync(8);
    expect(sent.queue.getSync()).toBe(8);
    value.value = 6;
    expect(sent.list[0]!.value.value).toBe(6);
    expect(arrived.map.get('lock')).toBeInstanceOf(Lock);
    arrived.array[1] = 20;
    expect(Array.from(sent.array)).toEqual([1, 20, 3]);
  });

  it('reach another process and back', async () => {
    const queue = own(
      new Queue<{ inner: Queue<string>; deep: [{ value: Value; answers: Queue }] }>(),
    );
    const peer = new Peer('queue', 'shareObjects', { name: queue.name });
    const { inner, deep } = await queue.get();
    own(inner);
    const [{ value, answers }] = deep;
    own(value);
    own(answers);
    expect(await inner.get()).toBe('from the peer');
    expect(value.value).toBe(41);
    value.value = 42;
    await answers.put('answer');
    expect(await peer.event('shared')).toMatchObject({ answer: 'answer', value: 42 });
  });

  it('stay plain data where they only look like a handle', async () => {
    const queue = own(new Queue<unknown>());
    const plain = { interproc: 1, kind: 'queue', name: queue.name };
    await queue.put([plain, queue.handle]);
    expect(await queue.get()).toStrictEqual([plain, plain]);
  });

  it('hand an end of a pipe over: it is closed here and lives there', async () => {
    const queue = own(new Queue<unknown>());
    const [here, there] = ownBoth(Pipe<unknown>());
    const peer = new Peer('queue', 'answerOnConnection', { name: queue.name });
    here.sendSync('sent before');
    await queue.put({ connection: there });
    expect(there.closed).toBe(true);
    expect((await peer.event('arrived'))['isConnection']).toBe(true);
    expect(await here.recv()).toEqual({ echo: 'sent before' });
    await here.send({ n: 2 });
    expect(await here.recv()).toEqual({ echo: { n: 2 } });
    here.close();
    await peer.event('ended');
    expect(await peer.ended).toEqual({ code: 0, signal: null });
  });

  it("end with the receiver: its death is the other end's end of file", async () => {
    const queue = own(new Queue<unknown>());
    const [here, there] = ownBoth(Pipe<unknown>());
    const peer = new Peer('queue', 'keepConnection', { name: queue.name });
    queue.putSync(there);
    expect((await peer.event('arrived'))['closed']).toBe(false);
    const message = here.recv();
    peer.kill();
    await rejects(message, EOFError, 'ERR_EOF');
  });

  it('stay here where the put fails', async () => {
    const queue = own(new Queue<unknown>(1));
    queue.putSync('full');
    const [here, there] = ownBoth(Pipe<string>());
    await expect(queue.put(there, { timeout: 20 })).rejects.toMatchObject({
      code: 'ERR_QUEUE_FULL',
    });
    expect(() => queue.putNowait([there])).toThrow(
      expect.objectContaining({ code: 'ERR_QUEUE_FULL' }),
    );
    expect(there.closed).toBe(false);
    await here.send('still works');
    expect(await there.recv()).toBe('still works');
  });

  it('may come among many at once', async () => {
    const queue = own(new Queue<unknown>(2));
    const pipes = [ownBoth(Pipe<number>()), ownBoth(Pipe<number>()), ownBoth(Pipe<number>())];
    const put = queue.putMany(pipes.map(([, end], n) => ({ n, end })));
    for (const [n, [here, there]] of pipes.entries()) {
      const item = (await queue.get()) as { n: number; end: Connection<number> };
      own(item.end);
      expect(item.n).toBe(n);
      here.sendSync(n);
      expect(item.end.recvSync()).toBe(n);
      expect(there.closed).toBe(true);
    }
    await put;
  });
});
