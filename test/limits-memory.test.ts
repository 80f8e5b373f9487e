import { deepStrictEqual, strictEqual } from 'node:assert';
import { describe, expect, it } from 'vitest';
import { answerOf, nameFor, ownShm } from './helpers/segments.js';

// A file system of its own takes rights that not every machine gives: the report names these tests as skipped there.
const here = ownShm === undefined ? describe.skip : describe;
const within = ownShm ?? [];

const prelude = `
  import { readdirSync, statfsSync, writeFileSync, unlinkSync } from 'node:fs';
  const attempt = (body) => {
    try { body(); return 'no error'; } catch ({ code, syscall, constructor }) { return { code, syscall, of: constructor.name }; }
  };
  const full = { code: 'ENOSPC', of: 'InterprocError' };
  const free = () => { const { bavail, bsize } = statfsSync('/dev/shm'); return bavail * bsize; };
  /** Takes all the room but so much away from under the library. */
  const hog = (left) => writeFileSync('/dev/shm/hog', Buffer.alloc(Math.max(0, free() - left)));
  const release = () => unlinkSync('/dev/shm/hog');
  const prefix = process.argv[1];`;

const noSpace = expect.objectContaining({ code: 'ENOSPC', of: 'InterprocError' });

here('/dev/shm that gets full in the middle of a growth', () => {
  for (const kind of ['Queue', 'JoinableQueue']) {
    it(`refuses the large item that does not fit (${kind}); those before it arrive, and it goes in later`, async () => {
      const seen = await answerOf<Record<string, unknown>>(
        `${prelude}
         const queue = new ip.${kind}({ name: prefix, capacity: 2 << 20 });
         const item = (n) => Buffer.alloc(300000, n + 1);
         hog(1 << 20);
         // Grows by one run of pages after the other until there is no room.
         let put = 0;
         let error;
         while ((error = attempt(() => queue.putSync(item(put)))) === 'no error') put++;
         const small = attempt(() => queue.putSync('small'));
         const size = queue.qsize();
         let right = 0;
         for (let n = 0; n < put; n++) if (queue.getSync().equals(item(n))) right++;
         const behind = queue.getSync();
         // What was read is used again, though nothing new can be had.
         const again = attempt(() => queue.putSync(item(1)));
         const same = queue.getSync().equals(item(1));
         release();
         console.log(JSON.stringify({ many: put > 1, error, small, size: size - put, right: right - put, behind, again, same }));`,
        { within, args: [nameFor('grow')] },
      );
      expect(seen).toEqual({
        many: true,
        error: noSpace,
        small: 'no error',
        size: 1,
        right: 0,
        behind: 'small',
        again: 'no error',
        same: true,
      });
    });
  }

  it('refuses a loan for which there is no room; what is lent goes on, and memory that comes back is lent again', async () => {
    const seen = await answerOf<Record<string, unknown>>(
      `${prelude}
       const queue = new ip.Queue({ name: prefix, capacity: 65536 });
       hog(1 << 20);
       const loans = [];
       let error;
       while ((error = attempt(() => loans.push(queue.allocSync(300000)))) === 'no error');
       const lent = loans.length;
       loans[0].buffer.fill(7);
       queue.putSync(loans[0]);
       const got = queue.getLoanSync();
       const right = got.buffer.length === 300000 && got.buffer.every((byte) => byte === 7);
       got.release();
       const again = attempt(() => queue.allocSync(300000).release());
       const more = attempt(() => queue.allocSync(900000));
       release();
       const later = attempt(() => queue.allocSync(900000).release());
       console.log(JSON.stringify({ some: lent > 1, error, right, again, more, later }));`,
      { within, args: [nameFor('loans')] },
    );
    expect(seen).toEqual({
      some: true,
      error: noSpace,
      right: true,
      again: 'no error',
      more: noSpace,
      later: 'no error',
    });
  });

  it('refuses an item for which a priority queue would have to grow; order and count stay right', async () => {
    const seen = await answerOf<Record<string, unknown>>(
      `${prelude}
       const queue = new ip.PriorityQueue({ name: prefix, capacity: 65536 });
       // Into an empty queue goes what is larger than it: its slab grows, as far as there is room.
       const large = (size) => attempt(() => queue.putSync(Buffer.alloc(size, 5)));
       hog(600000);
       const errors = [large(1000000), large(5000000), large(300000)];
       const first = queue.getSync().equals(Buffer.alloc(300000, 5));
       const count = queue.qsize();
       for (let n = 0; n < 9; n++) queue.putSync(n, { priority: n % 3 });
       const order = queue.getManySync(9);
       release();
       errors.push(large(1000000));
       const later = queue.getSync().length;
       console.log(JSON.stringify({ errors, first, count, order, later }));`,
      { within, args: [nameFor('heap')] },
    );
    expect(seen).toEqual({
      errors: [noSpace, noSpace, 'no error', 'no error'],
      first: true,
      count: 0,
      order: [0, 3, 6, 1, 4, 7, 2, 5, 8],
      later: 1_000_000,
    });
  });

  it('refuses a message of a pipe in both forms, and the ends go on', async () => {
    const seen = await answerOf<Record<string, unknown>>(
      `${prelude}
       const [a, b] = ip.Pipe({ name: prefix, capacity: 2 << 20 });
       const large = Buffer.alloc(500000, 3);
       a.sendSync(large);
       hog(100000);
       const errors = [attempt(() => a.sendSync(large))];
       await b.send(large).then(() => errors.push('no error'), (error) => errors.push(attempt(() => { throw error; })));
       a.sendSync('small');
       const got = [b.recvSync().equals(large), b.recvSync()];
       a.sendSync(large); // into the pages that are free again
       got.push(b.recvSync().equals(large));
       release();
       b.sendSync(large);
       got.push(a.recvSync().equals(large));
       console.log(JSON.stringify({ errors, got }));`,
      { within, args: [nameFor('pipe')] },
    );
    expect(seen).toEqual({ errors: [noSpace, noSpace], got: [true, 'small', true, true] });
  });
});

here('a full /dev/shm', () => {
  it('is ENOSPC for every class, leaves nothing half made, and what exists goes on', async () => {
    const { short, left, through, after } = await answerOf<{
      short: Record<string, unknown>;
      left: string[];
      through: unknown[];
      after: Record<string, unknown>;
    }>(
      `${prelude}
       const queue = new ip.Queue({ name: prefix + '-old' });
       const lock = new ip.Lock({ name: prefix + '-lock' });
       const makers = {
         Queue: () => new ip.Queue({ name: prefix }),
         PriorityQueue: () => new ip.PriorityQueue({ name: prefix }),
         Pipe: () => { const [a, b] = ip.Pipe({ name: prefix }); return { close: () => [a, b].forEach((end) => end.close()) }; },
         Value: () => new ip.Value('i', 1, { name: prefix }),
         SharedArray: () => new ip.SharedArray('d', 100, { name: prefix }),
         Lock: () => new ip.Lock({ name: prefix }),
         RLock: () => new ip.RLock({ name: prefix }),
         Semaphore: () => new ip.Semaphore(1, { name: prefix }),
         Condition: () => new ip.Condition(undefined, { name: prefix }),
         Event: () => new ip.Event({ name: prefix }),
         Barrier: () => new ip.Barrier(2, { name: prefix }),
         SharedMemory: () => new ip.SharedMemory({ name: prefix, create: true, size: 100000 }),
       };
       const all = () => Object.fromEntries(Object.entries(makers).map(([kind, make]) => [kind, attempt(() => {
         const object = make();
         if (kind === 'SharedMemory') object.unlink();
         object.close();
       })]));
       hog(0);
       const short = all();
       const left = readdirSync('/dev/shm').filter((file) => file.endsWith(prefix));
       // Both forms, the one with a doorbell too.
       const got = queue.get();
       queue.putNowait(1);
       const through = [await got, lock.runSync(() => 2), await lock.run(() => 3)];
       release();
       console.log(JSON.stringify({ short, left, through, after: all() }));`,
      { within, args: [nameFor('full')] },
    );
    for (const [kind, error] of Object.entries(short))
      expect.soft({ kind, error }).toEqual({ kind, error: noSpace });
    deepStrictEqual(left, []);
    deepStrictEqual(through, [1, 2, 3]);
    for (const [kind, end] of Object.entries(after)) strictEqual(end, 'no error', kind);
  });
});
