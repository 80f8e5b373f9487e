import { describe, expect, it } from 'vitest';
import { JoinableQueue, type Loan, Pipe, Queue } from '../dist/index.js';
import { own } from './helpers/owned.js';
import { Peer } from './helpers/peer.js';
import { isPending } from './helpers/time.js';

const KiB = 1024;

async function lent(queue: Queue, size: number, fill: number, meta?: unknown): Promise<Loan> {
  const loan = await queue.alloc(size);
  loan.buffer.fill(fill);
  loan.meta = meta;
  return loan;
}

describe('a loan through a queue', () => {
  it('arrives with its bytes and its meta, and leaves its sender nothing', async () => {
    const queue = own(new Queue());
    const loan = await queue.alloc<{ width: number; name: string }>(300 * KiB);
    const { buffer } = loan;
    const part = buffer.subarray(10, 20);
    expect(buffer).toHaveLength(300 * KiB);
    buffer.fill(7);
    loan.meta = { width: 640, name: 'image' };
    await queue.put(loan);
    expect([loan.released, buffer.length, part.length, loan.size]).toEqual([true, 0, 0, 300 * KiB]);

    const received = await queue.getLoan<{ width: number; name: string }>();
    expect(received.meta).toEqual({ width: 640, name: 'image' });
    expect(received.encoded).toBe(false);
    expect(received.buffer.equals(Buffer.alloc(300 * KiB, 7))).toBe(true);
    received.release();
    received.release();
    expect(received.released).toBe(true);
  });

  it('has the three forms of calls', async () => {
    const queue = own(new Queue());
    const one = queue.allocNowait(10);
    const two = queue.allocSync(10, { timeout: 100 });
    const three = await queue.alloc(10, { timeout: 100 });
    queue.putNowait(one);
    queue.putSync(two);
    await queue.put(three);
    expect(queue.qsize()).toBe(3);
    queue.getLoanNowait().release();
    queue.getLoanSync().release();
    (await queue.getLoan()).release();
    expect(() => queue.getLoanNowait()).toThrow(
      expect.objectContaining({ code: 'ERR_QUEUE_EMPTY' }),
    );
    const waiting = queue.getLoan();
    expect(await isPending(waiting)).toBe(true);
    await queue.put(await lent(queue, 5, 5));
    expect([...(await waiting).buffer]).toEqual([5, 5, 5, 5, 5]);
  });

  it('is a buffer for who gets items, in its place among them', async () => {
    const queue = own(new Queue());
    await queue.put('before');
    await queue.put(await lent(queue, 100, 1));
    await queue.put(await lent(queue, 100 * KiB, 2));
    await queue.put('after');
    expect(await queue.getMany(10)).toEqual(['before']);
    expect(await queue.getMany(10)).toEqual([Buffer.alloc(100, 1)]);
    const large = (await queue.get()) as Buffer;
    expect(large.equals(Buffer.alloc(100 * KiB, 2))).toBe(true);
    expect(queue.getSync()).toBe('after');
  });

  it('can be had of any item, as its encoded bytes', async () => {
    const queue = own(new Queue<unknown>({ codec: 'json' }));
    await queue.put({ small: 1 });
    await queue.put('x'.repeat(200 * KiB));
    const small = await queue.getLoan();
    expect([small.encoded, small.buffer.toString()]).toEqual([true, '{"small":1}']);
    const large = await queue.getLoan();
    expect([large.encoded, large.size, large.meta]).toEqual([true, 200 * KiB + 2, undefined]);
    const { buffer } = small;
    small.release();
    large.release();
    expect(buffer).toHaveLength(0);
  });

  it('waits for room when it is put, and stays usable while it waits and where it failed', async () => {
    const queue = own(new Queue({ capacity: 64 * KiB }));
    const first = await lent(queue, 100 * KiB, 1);
    const second = await lent(queue, 100 * KiB, 2);
    await queue.put(first);
    expect(() => queue.putNowait(second)).toThrow(
      expect.objectContaining({ code: 'ERR_QUEUE_FULL' }),
    );
    await expect(queue.put(second, { timeout: 10 })).rejects.toThrow(/full/);
    second.buffer[0] = 3;
    const put = queue.put(second);
    expect(await isPending(put)).toBe(true);
    (await queue.getLoan()).release();
    await put;
    using received = await queue.getLoan();
    expect([...received.buffer.subarray(0, 3)]).toEqual([3, 2, 2]);
  });

  it('counts as a task of a joinable queue', async () => {
    const queue = own(new JoinableQueue());
    await queue.put(await lent(queue, 100 * KiB, 1));
    const loan = await queue.getLoan();
    const joined = queue.join();
    expect(await isPending(joined)).toBe(true);
    loan.release();
    queue.taskDone();
    await joined;
  });

  it('reaches another process, whatever order both hold and release in', async () => {
    const queue = own(new Queue({ capacity: 8 * 1024 * KiB }));
    const answers = own(new Queue<{ meta: number; length: number; sum: number }>());
    const peer = new Peer('loan', 'increment', { name: queue.name, answers: answers.name });
    await peer.event('ready');
    for (let round = 0; round < 20; round++) {
      const loans: Loan[] = [];
      for (let i = 0; i < 4; i++) loans.push(await lent(queue, 1000 + i * 50 * KiB, i + 1, i));
      const order = round % 2 === 0 ? [2, 0, 3] : [3, 1, 0];
      for (const i of order) await queue.put(loans[i] as Loan);
      for (const loan of loans) loan.release();
      for (const i of order) {
        const length = 1000 + i * 50 * KiB;
        expect(await answers.get()).toEqual({ meta: i, length, sum: length * (i + 1) });
      }
    }
    await queue.put(await lent(queue, 1, 0, 'end'));
    expect((await peer.ended).code).toBe(0);
  });
});

describe('a loan through a pipe', () => {
  it('goes each way, and is plain bytes for who receives otherwise', async () => {
    const [a, b] = Pipe<unknown>();
    own(a);
    own(b);
    const send = async (meta: string) => {
      const loan = await a.alloc<string>(200 * KiB);
      loan.buffer.fill(9);
      loan.meta = meta;
      await a.send(loan);
    };
    const bytes = Buffer.alloc(200 * KiB, 9);
    await send('one');
    const loan = await b.recvLoan();
    expect([loan.meta, loan.buffer.equals(bytes)]).toEqual(['one', true]);
    await send('two');
    expect(((await b.recv()) as Buffer).equals(bytes)).toBe(true);
    await send('three');
    expect((await b.recvBytes()).equals(bytes)).toBe(true);
    const into = Buffer.alloc(300 * KiB);
    await send('four');
    expect(await b.recvBytesInto(into, 5)).toBe(200 * KiB);
    expect(into.subarray(5, 5 + 200 * KiB).equals(bytes)).toBe(true);
    await send('five');
    await expect(b.recvBytesInto(Buffer.alloc(10))).rejects.toMatchObject({
      code: 'ERR_BUFFER_TOO_SHORT',
    });
    const back = b.allocSync(10);
    b.sendSync(back);
    expect(a.recvLoanSync().size).toBe(10);
  });

  it('ends with its pipe: a writer meets EPIPE, a reader the end of file behind what was sent', async () => {
    const [a, b] = Pipe();
    own(a);
    const loan = b.allocSync(100);
    b.sendSync(b.allocSync(7));
    b.close();
    expect(loan.released).toBe(true);
    expect((await a.recvLoan()).size).toBe(7);
    await expect(a.recvLoan()).rejects.toMatchObject({ code: 'ERR_EOF' });
    await expect(a.alloc(10)).rejects.toMatchObject({ code: 'EPIPE' });
  });
});
