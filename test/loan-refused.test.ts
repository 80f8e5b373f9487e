import { describe, expect, it } from 'vitest';
import { type Loan, Pipe, PriorityQueue, Queue } from '../dist/index.js';
import { own } from './helpers/owned.js';

const coded = (code: string) => expect.objectContaining({ code });

describe('a loan that cannot be', () => {
  it('is refused by its size', async () => {
    const queue = own(new Queue({ maxBytes: 1000 }));
    for (const size of ['10', null, undefined, {}])
      await expect(queue.alloc(size as number)).rejects.toThrow(TypeError);
    for (const size of [0, -1, 1.5, Number.NaN, Infinity])
      await expect(queue.alloc(size)).rejects.toThrow(RangeError);
    expect(() => queue.allocSync(1001)).toThrow(coded('ERR_MESSAGE_TOO_LARGE'));
    expect(() => own(new Queue()).allocNowait(2 ** 40)).toThrow(coded('ERR_MESSAGE_TOO_LARGE'));
    await expect(queue.alloc(1, { misspelt: 1 } as object)).rejects.toThrow(
      coded('ERR_UNKNOWN_OPTION'),
    );
    queue.allocNowait(1000).release();
  });

  it('is refused once it is over', async () => {
    const queue = own(new Queue());
    const loan = await queue.alloc(10);
    loan.release();
    expect(() => loan.buffer).toThrow(coded('ERR_CLOSED'));
    await expect(queue.put(loan)).rejects.toThrow(coded('ERR_CLOSED'));
    const sent = await queue.alloc(10);
    await queue.put(sent);
    expect(() => queue.putSync(sent)).toThrow(coded('ERR_CLOSED'));
    sent.release();
    expect(queue.qsize()).toBe(1);
  });

  it('is refused where it was not lent, and where it was only read', async () => {
    const [queue, other] = [own(new Queue()), own(new Queue())];
    const loan = await queue.alloc(10);
    await expect(other.put(loan)).rejects.toThrow(coded('ERR_LOAN_FOREIGN'));
    await queue.put(loan);
    const received = await queue.getLoan();
    expect(() => queue.putNowait(received)).toThrow(coded('ERR_LOAN_FOREIGN'));
    expect(received.buffer).toHaveLength(10);
    const [a, b] = Pipe();
    own(a);
    own(b);
    const ofA = a.allocSync(10);
    await expect(b.send(ofA)).rejects.toThrow(coded('ERR_LOAN_FOREIGN'));
  });

  it('is refused inside an item, in a batch, and by queues that have none', async () => {
    const queue = own(new Queue<unknown>());
    const loan = await queue.alloc(10);
    await expect(queue.put({ image: loan })).rejects.toMatchObject({
      code: 'ERR_NOT_SERIALIZABLE',
      path: '$.image',
    });
    await expect(queue.putMany([1, loan])).rejects.toThrow(coded('ERR_NOT_SERIALIZABLE'));
    await expect(own(new PriorityQueue<unknown>()).put(loan)).rejects.toThrow(
      coded('ERR_NOT_SERIALIZABLE'),
    );
    expect([queue.qsize(), loan.released]).toEqual([0, false]);
  });

  it('is refused for its meta, and can be sent with another', async () => {
    const queue = own(new Queue());
    const loan: Loan = await queue.alloc(10);
    loan.meta = { call: () => {} };
    await expect(queue.put(loan)).rejects.toThrow(coded('ERR_NOT_SERIALIZABLE'));
    loan.meta = 'x'.repeat(1000);
    await expect(queue.put(loan)).rejects.toThrow(coded('ERR_MESSAGE_TOO_LARGE'));
    loan.meta = 'x'.repeat(990);
    await queue.put(loan);
    expect((await queue.getLoan()).meta).toBe('x'.repeat(990));
  });

  it('is refused by a queue that was shut down, and can be released', async () => {
    const queue = own(new Queue());
    const loan = await queue.alloc(10);
    queue.shutdown();
    await expect(queue.put(loan)).rejects.toThrow(coded('ERR_QUEUE_SHUTDOWN'));
    await expect(queue.alloc(10)).rejects.toThrow(coded('ERR_QUEUE_SHUTDOWN'));
    expect(() => queue.getLoanSync()).toThrow(coded('ERR_QUEUE_SHUTDOWN'));
    loan.release();
  });

  it('is refused by an end that cannot write or read', () => {
    const [reader, writer] = Pipe({ duplex: false });
    own(reader);
    own(writer);
    expect(() => reader.allocSync(10)).toThrow(coded('ERR_NOT_WRITABLE'));
    expect(() => writer.recvLoanSync()).toThrow(coded('ERR_NOT_READABLE'));
  });
});
