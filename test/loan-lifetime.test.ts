import { Worker } from 'node:worker_threads';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { type Loan, Pipe, Queue } from '../dist/index.js';
import { own } from './helpers/owned.js';
import { Peer } from './helpers/peer.js';
import { answerOf } from './helpers/segments.js';

const page = 64 * 1024;

/** Bytes of the file, holes apart: what the queue's large messages have ever taken. */
async function pagesOf(queue: Queue): Promise<number> {
  const { statSync } = await import('node:fs');
  return statSync(`/dev/shm/interproc.${queue.name}`).blocks * 512;
}

describe('closing', () => {
  it('empties what was lent to the handle, and leaves the loans of another handle', async () => {
    const queue = own(new Queue());
    const other = own(Queue.open(queue.name));
    const [mine, theirs] = [queue.allocSync(100), other.allocSync(100)];
    const { buffer } = mine;
    queue.close();
    expect([mine.released, buffer.length]).toEqual([true, 0]);
    expect(() => mine.buffer).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }));
    mine.release();
    theirs.buffer.fill(4);
    await other.put(theirs);
    const received = other.getLoanSync();
    expect(received.buffer[99]).toBe(4);
    expect(() => queue.allocSync(1)).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }));
    expect(() => queue.getLoanNowait()).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }));
    other.close();
    expect(received.released).toBe(true);
  });

  it('empties the loans of an end that is handed over', () => {
    const [a, b] = Pipe();
    own(b);
    const loan = a.allocSync(100);
    const { buffer } = loan;
    a.handOver();
    expect([loan.released, buffer.length]).toEqual([true, 0]);
  });

  it('rejects a loan whose put waits, and empties it', async () => {
    const queue = new Queue({ capacity: 4096 });
    queue.putSync(queue.allocSync(page));
    const loan = queue.allocSync(page);
    const put = queue.put(loan);
    queue.close();
    await expect(put).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    expect(loan.released).toBe(true);
  });

  it('is not needed: a scope with using releases at its end', () => {
    const queue = own(new Queue());
    let seen: Loan;
    {
      using loan = queue.allocSync(10);
      seen = loan;
      expect(loan.released).toBe(false);
    }
    expect(seen.released).toBe(true);
  });
});

describe('a holder that is killed', () => {
  it('gives back what it held to send, and what it had sent arrives', async () => {
    const queue = own(new Queue({ capacity: 16 * page }));
    const peer = new Peer('loan', 'sendAndKeep', { name: queue.name, size: 4 * page });
    await peer.event('ready');
    peer.kill();
    await peer.ended;
    const received = await queue.getLoan<{ from: number }>();
    expect(received.meta.from).toBe(peer.pid);
    expect(received.buffer.equals(Buffer.alloc(4 * page, 2))).toBe(true);
    received.release();
    const before = await pagesOf(queue);
    for (let i = 0; i < 3; i++) queue.allocSync(8 * page).release();
    expect(await pagesOf(queue)).toBe(before);
  });

  it('gives back what it held to read', async () => {
    const queue = own(new Queue({ capacity: 16 * page }));
    for (let i = 0; i < 2; i++) queue.putSync(queue.allocSync(4 * page));
    const peer = new Peer('loan', 'takeAndKeep', { name: queue.name, count: 2 });
    expect((await peer.event('ready'))['sizes']).toEqual([4 * page, 4 * page]);
    const before = await pagesOf(queue);
    peer.kill();
    await peer.ended;
    for (let i = 0; i < 3; i++) queue.allocSync(8 * page).release();
    expect(await pagesOf(queue)).toBe(before);
  });
});

describe('a loan that is forgotten', () => {
  const prelude = `
    import { setTimeout as delay } from 'node:timers/promises';
    import { statSync } from 'node:fs';
    const warnings = [];
    process.on('warning', ({ code }) => warnings.push(code));
    const queue = new ip.Queue();
    const blocks = () => statSync('/dev/shm/interproc.' + queue.name).blocks;
    const collect = async (done) => {
      const deadline = performance.now() + 20000;
      while (!done() && performance.now() < deadline) { globalThis.gc(); await delay(5); }
    };`;

  it('comes back with the garbage collection, and is warned of once', async () => {
    const [codes, grown] = await answerOf<[string[], boolean]>(
      `${prelude}
       const forget = (n) => { for (let i = 0; i < n; i++) queue.allocSync(65536); };
       forget(4);
       await collect(() => warnings.length > 0);
       // Whatever the collector left last time goes now.
       for (let i = 0; i < 10; i++) { globalThis.gc(); await delay(2); }
       const before = blocks();
       forget(3);
       for (let i = 0; i < 10; i++) { globalThis.gc(); await delay(2); }
       queue.allocSync(3 * 65536).release();
       console.log(JSON.stringify([warnings, blocks() > before]));`,
      { execArgv: ['--expose-gc', '--no-warnings'] },
    );
    expect(codes).toEqual(['INTERPROC_LOAN_LEAK']);
    expect(grown).toBe(false);
  });

  it('is not one while any view of it, or the loan, is kept, though the queue is not', async () => {
    const seen = await answerOf<unknown>(
      `${prelude}
       const part = (() => { const q = new ip.Queue(); const l = q.allocSync(100); l.buffer.fill(6); return l.buffer.subarray(90) })();
       const loan = (() => { const q = new ip.Queue(); return q.allocSync(50) })();
       for (let i = 0; i < 20; i++) { globalThis.gc(); await delay(2); }
       console.log(JSON.stringify([part.length, part[9], loan.buffer.length, warnings]));`,
      { execArgv: ['--expose-gc', '--no-warnings'] },
    );
    expect(seen).toEqual([10, 6, 50, []]);
  });

  it('does not warn of what was released, sent or closed', async () => {
    const seen = await answerOf<unknown>(
      `${prelude}
       (() => {
         queue.allocSync(10).release();
         queue.putSync(queue.allocSync(10));
         queue.getLoanSync().release();
         queue.putSync('small');
         queue.getLoanSync();
         const other = new ip.Queue();
         other.allocSync(10);
         other.close();
       })();
       for (let i = 0; i < 20; i++) { globalThis.gc(); await delay(2); }
       console.log(JSON.stringify(warnings));`,
      { execArgv: ['--expose-gc', '--no-warnings'] },
    );
    expect(seen).toEqual([]);
  });
});

describe('a worker thread', () => {
  it('has loans of its own, which go when it is terminated', async () => {
    const queue = own(new Queue({ capacity: 16 * page }));
    const worker = new Worker(
      `const { workerData, parentPort } = require('node:worker_threads');
       import(workerData.dist).then(async ({ Queue }) => {
         const queue = Queue.open(workerData.name);
         const received = await queue.getLoan();
         const sent = await queue.alloc(received.size);
         received.buffer.copy(sent.buffer);
         sent.meta = received.meta;
         await queue.put(sent);
         globalThis.kept = [received, await queue.alloc(4 * 65536)];
         parentPort.postMessage('ready');
         setInterval(() => {}, 1000);
       });`,
      {
        eval: true,
        workerData: { name: queue.name, dist: new URL('../dist/index.js', import.meta.url).href },
      },
    );
    const loan = queue.allocSync(4 * page);
    loan.buffer.fill(8);
    loan.meta = 'there and back';
    queue.putSync(loan);
    await once(worker, 'message');
    const back = await queue.getLoan();
    expect([back.meta, back.buffer[4 * page - 1]]).toEqual(['there and back', 8]);
    back.release();
    const before = await pagesOf(queue);
    await worker.terminate();
    queue.allocSync(12 * page).release();
    expect(await pagesOf(queue)).toBe(before);
  });
});
