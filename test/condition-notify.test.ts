import { describe, expect, it } from 'vitest';
import { attach, Condition, Lock, RLock, Value } from '../dist/index.js';
import { own } from './helpers/owned.js';
import { nameFor, present, type Started } from './helpers/segments.js';
import { checkLeaks, heard, kill, peer, said, thread } from './helpers/sync.js';
import { isPending, until } from './helpers/time.js';

const code = (expected: string) => expect.objectContaining({ code: expected });

/** Waits once, and says so before and after; `how` is the wait. */
const waiter = (how: string) =>
  `await object.acquire(); say('waits'); const got = ${how}; say(got); object.release(); setInterval(() => {}, 1000);`;
const inSync = waiter('object.waitSync()');
const inPromise = waiter('await object.wait()');

/** The peers that have said something more since they waited. */
function notified(peers: readonly Started[]): () => number {
  let count = 0;
  for (const one of peers) {
    void said(one).then(
      () => {
        count++;
      },
      () => undefined,
    );
  }
  return () => count;
}

async function waiting(condition: Condition, ...scripts: readonly string[]): Promise<Started[]> {
  const peers = scripts.map((script) => peer(condition, script));
  for (const one of peers) expect(await said(one)).toBe('waits');
  // Whoever gets the lock after them finds them waiting.
  condition.acquireSync()?.release();
  return peers;
}

const locks = [
  ['a lock of its own', () => undefined],
  ['a Lock', () => own(new Lock())],
  ['an RLock', () => own(new RLock())],
  ["a Value's lock", () => own(new Value('i', 0)).getLock()],
] as const;

for (const [what, lock] of locks) {
  describe(`a Condition with ${what}`, () => {
    it('wakes exactly as many as it notifies, in processes and threads, in both forms', async () => {
      const condition = own(new Condition(lock()));
      const peers = await waiting(condition, inSync, inPromise, inSync);
      const count = notified(peers);
      for (let woken = 1; woken <= 2; woken++) {
        condition.acquireSync();
        condition.notify();
        condition.release();
        await until(() => count() === woken);
      }
      await isPending(new Promise(() => undefined), 150);
      expect(count()).toBe(2);
      const [more] = await waiting(condition, inPromise);
      condition.acquireSync();
      condition.notifyAll();
      condition.release();
      expect(await said(more as Started)).toBe(true);
      await until(() => count() === 3);
    });

    it('gives the lock up while it waits and has it again afterwards, however that ends', async () => {
      const condition = own(new Condition(lock()));
      const controller = new AbortController();
      for (const options of [{ timeout: 20 }, { timeout: 0 }, { block: false }]) {
        await condition.acquire();
        expect(await condition.wait(options)).toBe(false);
        condition.notify();
        condition.release();
        expect(() => condition.release()).toThrow(code('ERR_LOCK_NOT_OWNED'));
        condition.acquireSync();
        expect(condition.waitSync(options)).toBe(false);
        condition.release();
      }
      await condition.acquire();
      const wait = condition.wait({ signal: controller.signal });
      expect(() => condition.notify()).toThrow(code('ERR_LOCK_NOT_OWNED'));
      controller.abort('why');
      await expect(wait).rejects.toMatchObject({ code: 'ABORT_ERR', cause: 'why' });
      condition.notify();
      condition.release();
    });
  });
}

describe('a Condition', () => {
  it('keeps the waits of one thread apart: each notification is one wait, in their order', async () => {
    const condition = own(new Condition(own(new Lock())));
    const order: number[] = [];
    const wait = async (n: number) => {
      await condition.acquire();
      expect(await condition.wait()).toBe(true);
      order.push(n);
      condition.release();
    };
    const waits = [1, 2, 3, 4].map(wait);
    await isPending(Promise.all(waits), 20);
    condition.acquireSync();
    condition.notify(3);
    condition.release();
    await Promise.all(waits.slice(0, 3));
    expect(order).toEqual([1, 2, 3]);
    expect(await isPending(waits[3] as Promise<void>, 50)).toBe(true);
    condition.acquireSync();
    condition.notify(7);
    condition.release();
    await waits[3];
  });

  it('forgets notifications that nobody waited for', async () => {
    const condition = own(new Condition());
    condition.acquireSync();
    condition.notifyAll();
    expect(condition.waitSync({ timeout: 30 })).toBe(false);
    condition.release();
  });

  it('releases every level of an RLock and takes as many again', async () => {
    const condition = own(new Condition());
    condition.acquireSync();
    condition.acquireSync();
    condition.acquireSync();
    const other = peer(
      condition,
      'object.acquireSync(); object.notify(); object.release(); say(1)',
    );
    expect(condition.waitSync()).toBe(true);
    expect(await said(other)).toBe(1);
    for (let level = 0; level < 3; level++) condition.release();
    expect(() => condition.release()).toThrow(code('ERR_LOCK_NOT_OWNED'));
  });

  it('spends no notification on a wait that was aborted or ran out of time', async () => {
    const condition = own(new Condition(own(new Lock())));
    for (let round = 0; round < 30; round++) {
      const controller = new AbortController();
      const aborted = condition.acquire().then(() => condition.wait({ signal: controller.signal }));
      const outcome = aborted
        .then(
          (value) => value,
          () => 'aborted',
        )
        .finally(() => condition.release());
      await isPending(new Promise(() => undefined), 1);
      const late = condition
        .acquire()
        .then(() => condition.wait({ timeout: 1 + (round % 5) }))
        .finally(() => condition.release());
      const stays = condition
        .acquire()
        .then(() => condition.wait())
        .finally(() => condition.release());
      await isPending(new Promise(() => undefined), round % 7);
      controller.abort();
      await condition.acquire();
      condition.notify(1);
      condition.release();
      const ended = [await outcome, await late];
      const taken = ended.filter((value) => value === true).length;
      expect(taken).toBeLessThanOrEqual(1);
      if (taken === 1) {
        await condition.acquire();
        condition.notify(1);
        condition.release();
      }
      expect(await stays).toBe(true);
    }
  });

  it('waits for a predicate, in both forms, and gives what it gave last', async () => {
    const condition = own(new Condition());
    const value = own(new Value('i', 0, { lock: false }));
    const other = peer(
      condition,
      `
      const value = ip.attach(${JSON.stringify(value)});
      object.acquireSync(); say(object.waitForSync(() => value.value >= 3 && value.value)); object.release();
      await object.acquire(); say('again'); say(await object.waitFor(async () => value.value >= 5 ? 'five' : 0)); object.release();`,
    );
    for (let n = 1; n <= 3; n++) {
      condition.acquireSync();
      value.value = n;
      condition.notifyAll();
      condition.release();
    }
    expect(await said(other)).toBe(3);
    expect(await said(other)).toBe('again');
    for (let n = 4; n <= 5; n++) {
      condition.acquireSync();
      value.value = n;
      condition.notifyAll();
      condition.release();
    }
    expect(await said(other)).toBe('five');
    condition.acquireSync();
    const start = performance.now();
    expect(condition.waitForSync(() => 0, { timeout: 50 })).toBe(0);
    expect(await condition.waitFor(() => '', { timeout: 50 })).toBe('');
    expect(performance.now() - start).toBeGreaterThanOrEqual(98);
    expect(condition.waitForSync(() => 'at once', { timeout: 0 })).toBe('at once');
    await expect(
      condition.waitFor(() => {
        throw new Error('mine');
      }),
    ).rejects.toThrow('mine');
    condition.release();
  });

  it('works from worker threads, which are owners of their own', async () => {
    const condition = own(new Condition());
    const worker = thread(
      condition,
      `
      object.acquireSync(); parentPort.postMessage('waits');
      parentPort.postMessage(object.waitSync()); object.release(); setInterval(() => {}, 1000);`,
    );
    expect(await heard(worker)).toBe('waits');
    await condition.acquire();
    condition.notify();
    const answer = heard(worker);
    condition.release();
    expect(await answer).toBe(true);
  });

  it('leads through its handle to its class and its lock', () => {
    const lock = own(new Lock());
    const condition = own(new Condition(lock));
    const again = own(attach(JSON.parse(JSON.stringify(condition)))) as Condition;
    expect(again).toBeInstanceOf(Condition);
    lock.acquireSync();
    again.notify();
    again.release();
    expect(lock.locked()).toBe(false);
    expect(own(Condition.openOrCreate(condition.name, lock)).name).toBe(condition.name);
    expect(() => Condition.openOrCreate(condition.name, own(new Lock()))).toThrow(
      code('ERR_OPTIONS_MISMATCH'),
    );
  });

  it('leaves nothing behind in a thousand rounds', () => {
    const name = nameFor('condition');
    checkLeaks(() => {
      using condition = new Condition(undefined, { name });
      condition.acquireSync();
      condition.waitSync({ timeout: 0 });
    });
    expect(present(name)).toBe(false);
  });
});

describe('a killed party of a Condition', () => {
  it('that waited costs no notification and holds nobody up', async () => {
    const condition = own(new Condition());
    const peers = await waiting(condition, inSync, inPromise, inSync, inPromise, inSync);
    for (const one of peers.slice(0, 4)) await kill(one);
    const start = performance.now();
    condition.acquireSync();
    condition.notify();
    condition.release();
    expect(performance.now() - start).toBeLessThan(1000);
    expect(await said(peers[4] as Started)).toBe(true);
  });

  it('that was notified, and never went on, leaves its notification to another', async () => {
    const condition = own(new Condition());
    const [doomed] = await waiting(condition, inSync);
    doomed!.child.kill('SIGSTOP');
    condition.acquireSync();
    condition.notify();
    const later = condition.wait();
    condition.acquireSync();
    condition.release();
    expect(await isPending(later, 150)).toBe(true);
    await kill(doomed as Started);
    expect(await later).toBe(true);
    condition.release();
  });

  it('that held the lock frees it for those who are to go on', async () => {
    const condition = own(new Condition());
    const wait = condition.acquire().then(() => condition.wait());
    const notifier = peer(
      condition,
      'object.acquireSync(); object.notifyAll(); say(1); setInterval(() => {}, 1000);',
    );
    expect(await said(notifier)).toBe(1);
    expect(await isPending(wait, 100)).toBe(true);
    await kill(notifier);
    expect(await wait).toBe(true);
    condition.release();
  });

  for (const form of ['wait', 'waitSync'] as const) {
    it(`while it held the lock is told of, by the abandoned of the condition, to ${form}`, async () => {
      const condition = own(new Condition());
      condition.acquireSync();
      expect(condition.abandoned).toBe(false);
      // It gets the lock once this thread waits, and takes it to its grave.
      peer(
        condition,
        "object.acquireSync(); object.notifyAll(); process.kill(process.pid, 'SIGKILL');",
      );
      expect(await condition[form]({ timeout: 30_000 })).toBe(true);
      expect(condition.abandoned).toBe(true);
      expect(await condition[form]({ timeout: 1 })).toBe(false);
      expect(condition.abandoned).toBe(false);
      condition.release();
    });
  }

  it('is a terminated worker thread as well', async () => {
    const condition = own(new Condition());
    const worker = thread(
      condition,
      'object.acquireSync(); parentPort.postMessage(0); object.waitSync();',
    );
    await heard(worker);
    condition.acquireSync()?.release();
    await worker.terminate();
    const wait = condition.acquire().then(() => condition.wait());
    await isPending(wait, 10);
    await condition.acquire();
    condition.notify();
    condition.release();
    expect(await wait).toBe(true);
    condition.release();
  });
});
