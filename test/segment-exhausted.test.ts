import { deepStrictEqual, strictEqual } from 'node:assert';
import { describe, expect, it } from 'vitest';
import { answerOf, nameFor, ownShm } from './helpers/segments.js';

/** Commands under which shared memory is short, and what that is called. */
const shortages: [what: string, within: readonly string[], code: string, errno: number][] = [
  ['a limit on the size of files', ['sh', '-c', 'ulimit -f 16384; exec "$@"', 'sh'], 'EFBIG', -27],
];
// A file system of its own takes rights that not every machine gives.
if (ownShm !== undefined) shortages.push(['a small /dev/shm', ownShm, 'ENOSPC', -28]);

/** Describes what a call throws; every script has it. */
const prelude = `
  import { existsSync, readdirSync, statfsSync } from 'node:fs';
  const attempt = (body) => {
    try { body(); return 'no error'; } catch (error) {
      const { code, errno, syscall, path, message } = error;
      return { code, errno, syscall, path, message, ours: error instanceof ip.InterprocError };
    }
  };
  const used = () => { const { blocks, bfree } = statfsSync('/dev/shm'); return blocks - bfree; };
  const prefix = process.argv[1];`;

interface Seen {
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;
  readonly path: string;
  readonly message: string;
  readonly ours: boolean;
}

describe('where shared memory is short', () => {
  for (const [what, within, code, errno] of shortages) {
    it(`by ${what}, nothing is created and ${code} is thrown, shaped as Node's own`, async () => {
      const prefix = nameFor('large');
      const { errors, left } = await answerOf<{ errors: Seen[]; left: string[] }>(
        `${prelude}
         const errors = [
           () => new ip.Queue({ name: prefix, capacity: 64 << 20 }),
           () => ip.Pipe({ name: prefix, capacity: 64 << 20 }),
           () => new ip.SharedArray('d', 8 << 20, { name: prefix }),
           () => new ip.SharedArray('B', new Uint8Array(64 << 20), { name: prefix }),
           () => ip.Queue.openOrCreate(prefix, { capacity: 64 << 20 }),
         ].map(attempt);
         const left = readdirSync('/dev/shm').filter((file) => file.includes(prefix));
         // It was that one that was too large, and nothing is lost by it.
         const small = new ip.SharedArray('d', 1000, { name: prefix });
         small.close();
         console.log(JSON.stringify({ errors, left }));`,
        { within, args: [prefix] },
      );
      strictEqual(errors.length, 5);
      for (const error of errors) {
        expect(error).toMatchObject({ code, errno, syscall: 'posix_fallocate', ours: true });
        strictEqual(error.path, `/dev/shm/interproc.${prefix}`);
        expect(error.message).toMatch(new RegExp(`^${code}: .+, posix_fallocate '${error.path}'$`));
      }
      deepStrictEqual(left, []);
    });

    it(`by ${what}, a large item is ${code}, and those queued before come out`, async () => {
      const seen = await answerOf<{
        errors: Seen[];
        items: unknown[];
        size: number;
        later: number;
      }>(
        `${prelude}
         const queue = new ip.Queue({ name: prefix, capacity: 4096 });
         const huge = Buffer.alloc(64 << 20, 7);
         queue.putSync('first');
         queue.putSync({ second: true });
         const errors = [
           () => queue.putSync(huge),
           () => queue.putNowait({ deep: [huge] }),
           () => queue.putManySync([huge, 1]),
           () => queue.putSync(huge, { timeout: 1000 }),
         ].map(attempt);
         for (const form of [queue.put(huge), queue.putMany([huge])])
           await form.then(() => errors.push('no error'), (error) => errors.push(attempt(() => { throw error })));
         queue.putSync('third');
         const size = queue.qsize();
         const items = [];
         while (!queue.empty()) items.push(queue.getSync());
         // And the queue goes on, with large items that fit as well.
         queue.putSync(Buffer.alloc(300000, 2));
         const later = queue.getSync().length;
         console.log(JSON.stringify({ errors, items, size, later }));`,
        { within, args: [nameFor('items')] },
      );
      strictEqual(seen.errors.length, 6);
      for (const error of seen.errors)
        expect(error).toMatchObject({ code, errno, syscall: 'fallocate', ours: true });
      deepStrictEqual(seen.items, ['first', { second: true }, 'third']);
      deepStrictEqual([seen.size, seen.later], [3, 300_000]);
    });

    it(`by ${what}, a large message through a pipe is ${code}, and the others arrive`, async () => {
      const seen = await answerOf<{ errors: Seen[]; items: unknown[] }>(
        `${prelude}
         const [a, b] = ip.Pipe({ name: prefix, capacity: 4096 });
         const huge = Buffer.alloc(64 << 20);
         a.sendSync('first');
         const errors = [() => a.sendSync(huge), () => a.sendBytesSync(huge)].map(attempt);
         for (const form of [a.send(huge), a.sendBytes(huge)])
           await form.then(() => errors.push('no error'), (error) => errors.push(attempt(() => { throw error })));
         a.sendSync('second');
         console.log(JSON.stringify({ errors, items: [b.recvSync(), b.recvSync(), b.pollSync()] }));`,
        { within, args: [nameFor('messages')] },
      );
      strictEqual(seen.errors.length, 4);
      for (const error of seen.errors)
        expect(error).toMatchObject({ code, errno, syscall: 'fallocate' });
      deepStrictEqual(seen.items, ['first', 'second', false]);
    });
  }

  if (ownShm !== undefined) {
    it('filled with small objects is ENOSPC at one of them, and room comes back', async () => {
      const within = ownShm ?? [];
      const seen = await answerOf<{
        made: number;
        error: Seen;
        again: number;
        before: number;
        after: number;
      }>(
        `${prelude}
         const before = used();
         const kept = [];
         const error = attempt(() => { for (;;) kept.push(new ip.SharedArray('B', 100000)); });
         const made = kept.length;
         kept.forEach((array, i) => array.fill(i + 1));
         kept.splice(0, 5).forEach((array) => array.close());
         let again = 0;
         while (attempt(() => kept.push(new ip.SharedArray('B', 100000))) === 'no error') again++;
         if (!kept.slice(0, made - 5).every((array, i) => array.every((byte) => byte === i + 6))) throw new Error('changed');
         for (const array of kept) array.close();
         console.log(JSON.stringify({ made, error, again, before, after: used() }));`,
        { within, args: ['x'] },
      );
      expect(seen.made).toBeGreaterThan(20);
      expect(seen.error).toMatchObject({ code: 'ENOSPC', errno: -28 });
      strictEqual(seen.again, 5);
      strictEqual(seen.after, seen.before);
    });
  }
});

describe('where file descriptors are short', () => {
  // The loader of modules opens many files at once: they have to be loaded first.
  const within = ['sh', '-c', 'ulimit -n 512; exec "$@"', 'sh'];

  it('creating and opening are EMFILE, and what is open goes on', async () => {
    const seen = await answerOf<{ errors: Seen[]; worked: boolean; freed: boolean }>(
      `${prelude}
       const persistent = new ip.Value('i', 5, { name: prefix + '-p', persist: true });
       persistent.close();
       const kept = [];
       const errors = [attempt(() => { for (;;) kept.push(new ip.Value('i', kept.length)); })];
       errors.push(attempt(() => new ip.Queue({ name: prefix })));
       errors.push(attempt(() => ip.Value.open(prefix + '-p')));
       const worked = kept.length > 5 && kept.every((value, i) => value.add(1) === i && value.acquireSync().release() === undefined);
       kept.pop().close();
       const opened = ip.Value.open(prefix + '-p');
       const freed = opened.value === 5;
       opened.unlink();
       console.log(JSON.stringify({ errors, worked, freed }));`,
      { within, args: [nameFor('files')] },
    );
    for (const error of seen.errors) {
      expect(error).toMatchObject({ code: 'EMFILE', errno: -24, syscall: 'open', ours: true });
      expect(error.message).toMatch(/^EMFILE: too many open files, open '\/dev\/shm\/interproc\./);
    }
    deepStrictEqual([seen.worked, seen.freed], [true, true]);
  });

  it('a wait in promise form still ends: by time, by an item, by an abort', async () => {
    const seen = await answerOf<unknown[]>(
      `${prelude}
       const queue = new ip.Queue();
       const kept = [];
       attempt(() => { for (;;) kept.push(new ip.Lock()); });
       const seen = [];
       seen.push(await queue.get({ timeout: 100 }).catch((error) => error.code));
       setTimeout(() => queue.putNowait('item'), 100);
       seen.push(await queue.get());
       const controller = new AbortController();
       setTimeout(() => controller.abort(), 100);
       seen.push(await queue.get({ signal: controller.signal }).catch((error) => error.code));
       console.log(JSON.stringify(seen));`,
      { within, args: ['x'] },
    );
    deepStrictEqual(seen, ['ERR_QUEUE_EMPTY', 'item', 'ABORT_ERR']);
  });
});
