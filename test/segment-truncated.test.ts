import { deepStrictEqual, strictEqual } from 'node:assert';
import { describe, expect, it } from 'vitest';
import { run } from './helpers/segments.js';

/**
 * Each class, its calls on an object whose file was cut off under it, and what file that is. All run in a child: where SIGBUS is
 * not caught, that ends by it.
 */
const objects: Record<string, { make: string; calls: string[]; prefix?: string }> = {
  Queue: {
    make: `const o = new ip.Queue({ capacity: 65536 }); o.putSync(1); o.putSync(Buffer.alloc(100_000));`,
    calls: [
      'o.putNowait(1)',
      'o.getNowait()',
      'o.qsize()',
      'o.empty()',
      'o.shutdown()',
      'o.getSync({ timeout: 1000 })',
      'o.get()',
      'o.put(Buffer.alloc(200_000))',
    ],
  },
  JoinableQueue: {
    make: 'const o = new ip.JoinableQueue(); o.putSync(1);',
    calls: ['o.taskDone()', 'o.join()', 'o.joinSync({ timeout: 1000 })', 'o.getNowait()'],
  },
  SimpleQueue: {
    make: 'const o = new ip.SimpleQueue(); o.putSync(1);',
    calls: ['o.putSync(1)', 'o.getSync()', 'o.get()', 'o.empty()'],
  },
  PriorityQueue: {
    make: 'const o = new ip.PriorityQueue(); o.putSync(1, { priority: 1 });',
    calls: ['o.getNowait()', 'o.putNowait(1)', 'o.get()', 'o.qsize()'],
  },
  Pipe: {
    make: 'const [o, other] = ip.Pipe(); o.sendSync(1);',
    calls: ['o.sendSync(2)', 'o.recvSync()', 'o.pollSync()', 'o.recv()', 'other.recv()'],
  },
  Lock: {
    make: 'const o = new ip.Lock();',
    calls: ['o.acquireSync()', 'o.locked()', 'o.acquire()'],
  },
  RLock: {
    make: 'const o = new ip.RLock();',
    calls: ['o.acquireSync()', 'o.acquire()'],
  },
  Event: { make: 'const o = new ip.Event();', calls: ['o.wait()', 'o.isSet()', 'o.set()'] },
  Condition: {
    make: 'const o = new ip.Condition();',
    calls: ['o.acquireSync()', 'o.acquire()'],
  },
  Barrier: { make: 'const o = new ip.Barrier(2);', calls: ['o.wait()', 'o.abort()', 'o.nWaiting'] },
  Semaphore: { make: 'const o = new ip.Semaphore(0);', calls: ['o.acquire()', 'o.release()'] },
  BoundedSemaphore: {
    make: 'const o = new ip.BoundedSemaphore(1);',
    calls: ['o.acquire()', 'o.release()', 'o.getValue()'],
  },
  'the permits of a Semaphore': {
    make: 'const o = new ip.Semaphore(0);',
    calls: ['o.acquire()', 'o.acquireSync({ timeout: 1000 })', 'o.release()', 'o.getValue()'],
    prefix: 'sem.',
  },
  Value: { make: `const o = new ip.Value('i', 5);`, calls: ['o.getLock().acquireSync()'] },
  SharedArray: {
    make: `const o = new ip.SharedArray('i', [1]);`,
    calls: ['o.getLock().acquireSync()', 'o.getLock().acquire()'],
  },
};

describe('an object whose file is cut off while it is in use', () => {
  it.each(Object.entries(objects))('answers with CorruptSegmentError: %s', async (_, object) => {
    const { make, calls, prefix = 'interproc.' } = object;
    for (const size of prefix === 'sem.' ? [0] : [0, 4096]) {
      const { code, signal, stdout, stderr } = await run(
        `import { existsSync, rmSync, truncateSync } from 'node:fs';
         ${make}
         const path = '/dev/shm/${prefix}' + o.name;
         truncateSync(path, ${size});
         const answers = [];
         // The first calls may meet zeros in the moment that the memory goes.
         for (let round = 0; round < 2; round++) {
           for (const call of [${calls.map((call) => `() => ${call}`).join(', ')}]) {
             let answer = 'done';
             const limit = new Promise((resolve) => setTimeout(resolve, 3000, 'no answer').unref());
             try { answer = String(await Promise.race([call(), limit])); } catch (error) { answer = error.code; }
             if (round > 0) answers.push(answer);
           }
         }
         o.close();
         if (typeof other !== 'undefined') other.close();
         // Nobody can know any more that a sem_t belonged to the segment.
         rmSync('/dev/shm/sem.' + o.name, { force: true });
         console.log(JSON.stringify([answers, existsSync(path)]));`,
      );
      strictEqual(signal, null, `${size}: ${stderr}`);
      strictEqual(code, 0, stderr);
      deepStrictEqual(JSON.parse(stdout), [calls.map(() => 'ERR_CORRUPT_SEGMENT'), false]);
    }
  });

  it('ends waits that had begun', async () => {
    const { code, signal, stdout, stderr } = await run(
      `import { truncateSync } from 'node:fs';
       const queue = new ip.Queue();
       const event = new ip.Event();
       const waits = [queue.get(), event.wait()].map((wait) => wait.then(String, (error) => error.code));
       setTimeout(() => { for (const o of [queue, event]) truncateSync('/dev/shm/interproc.' + o.name, 0); }, 100);
       console.log((await Promise.all(waits)).join());`,
    );
    strictEqual(signal, null, stderr);
    strictEqual(code, 0, stderr);
    strictEqual(stdout, 'ERR_CORRUPT_SEGMENT,ERR_CORRUPT_SEGMENT\n');
  });

  it('reads as zeros where it is memory itself, and does not end the process', async () => {
    const { code, signal, stdout, stderr } = await run(
      `import { truncateSync } from 'node:fs';
       const array = new ip.SharedArray('i', 100_000);
       const bare = new ip.SharedMemory({ create: true, size: 100_000 });
       array.fill(7); bare.buf.fill(7);
       truncateSync('/dev/shm/interproc.' + array.name, 0);
       truncateSync('/dev/shm/' + bare.name, 0);
       array[99_000] = 5; bare.buf[99_000] = 5;
       const seen = [array[0], array[99_000], array[99_001], bare.buf[0], bare.buf[99_000], bare.buf[99_001]];
       try { array.getLock().acquireSync(); } catch (error) { seen.push(error.code); }
       array.close(); bare.close();
       console.log(seen.join());`,
    );
    strictEqual(signal, null, stderr);
    strictEqual(code, 0, stderr);
    // What lies before the first access that failed may still be there.
    expect(stdout).toMatch(/^[07],5,0,[07],5,0,ERR_CORRUPT_SEGMENT\n$/);
  });
});
