import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { attach, BoundedSemaphore, Semaphore } from '../dist/index.js';
import { own } from './helpers/owned.js';
import { nameFor } from './helpers/segments.js';
import { checkBad, checkLeaks, heard, kill, peer, said, thread } from './helpers/sync.js';
import { isPending, until } from './helpers/time.js';

const code = (expected: string) => expect.objectContaining({ code: expected });

/** Threads of this process that look for foreign posts. */
function helpers(): number {
  return readdirSync('/proc/self/task').filter((task) => nameOf(task) === 'interproc-posts').length;
}

function nameOf(task: string): string {
  try {
    return readFileSync(`/proc/self/task/${task}/comm`, 'utf8').trim();
  } catch {
    return '';
  }
}

describe('a Semaphore', () => {
  it('has one permit where nothing else is said, and as many as is said', () => {
    expect(own(new Semaphore()).getValue()).toBe(1);
    expect(own(new Semaphore(undefined)).getValue()).toBe(1);
    for (const value of [0, 1, 5, 2 ** 31 - 1])
      expect(own(new Semaphore(value)).getValue()).toBe(value);
  });

  it('gives its permits out one by one, in every form, and null when there is none', async () => {
    const semaphore = own(new Semaphore(3));
    const guards = [
      semaphore.acquireSync(),
      await semaphore.acquire(),
      await semaphore.acquire({ timeout: 0 }),
    ];
    expect(guards.every((guard) => guard !== null)).toBe(true);
    expect(semaphore.getValue()).toBe(0);
    expect(semaphore.acquireSync({ block: false })).toBe(null);
    expect(await semaphore.acquire({ timeout: 0 })).toBe(null);
    const start = performance.now();
    expect(await semaphore.acquire({ timeout: 60 })).toBe(null);
    expect(semaphore.acquireSync({ timeout: 60 })).toBe(null);
    expect(performance.now() - start).toBeGreaterThanOrEqual(118);
    for (const guard of guards) {
      guard?.release();
      guard?.release();
    }
    expect(semaphore.getValue()).toBe(3);
  });

  it('can be released by anybody, above its first value, several at once', async () => {
    const semaphore = own(new Semaphore(0));
    const other = peer(semaphore, 'object.release(); object.release(4); say(object.getValue());');
    expect(await said(other)).toBe(5);
    expect(semaphore.getValue()).toBe(5);
  });

  it('wakes exactly as many as there are permits, in processes, threads and this loop', async () => {
    const semaphore = own(new Semaphore(0));
    const sync = 'say("ready"); object.acquireSync(); say("got"); setInterval(() => {}, 1000);';
    const promised =
      'const wait = object.acquire(); say("ready"); await wait; say("got"); setInterval(() => {}, 1000);';
    const peers = [peer(semaphore, sync), peer(semaphore, promised)];
    for (const one of peers) expect(await said(one)).toBe('ready');
    const worker = thread(
      semaphore,
      'parentPort.postMessage("ready"); object.acquireSync(); parentPort.postMessage("got"); setInterval(() => {}, 1000);',
    );
    expect(await heard(worker)).toBe('ready');
    const got: string[] = [];
    const note = (who: string) => () => {
      got.push(who);
    };
    for (const one of peers) void said(one).then(note('peer'), () => undefined);
    void heard(worker).then(note('thread'), () => undefined);
    void semaphore.acquire().then(note('here'));
    expect(await isPending(new Promise(() => undefined), 150)).toBe(true);
    for (let permits = 1; permits <= 4; permits++) {
      semaphore.release();
      await until(() => got.length === permits);
      expect(semaphore.getValue()).toBe(0);
    }
    await isPending(new Promise(() => undefined), 50);
    expect(got.sort()).toEqual(['here', 'peer', 'peer', 'thread']);
  });

  it('serves the waits of one thread in their order', async () => {
    const semaphore = own(new Semaphore(0));
    const order: number[] = [];
    const waits = [1, 2, 3].map((n) => semaphore.acquire().then(() => order.push(n)));
    semaphore.release(3);
    await Promise.all(waits);
    expect(order).toEqual([1, 2, 3]);
  });

  it('takes no permit for a wait that was aborted or ran out of time', async () => {
    const semaphore = own(new Semaphore(0));
    for (let round = 0; round < 20; round++) {
      const controller = new AbortController();
      const aborted = semaphore.acquire({ signal: controller.signal });
      const late = semaphore.acquire({ timeout: round });
      if (round % 2 === 0) await isPending(aborted, 5);
      controller.abort(round);
      await expect(aborted).rejects.toMatchObject({ code: 'ABORT_ERR', cause: round });
      expect(await late).toBe(null);
      semaphore.release();
      for (let look = 0; look < 50; look++) expect(semaphore.getValue()).toBe(1);
      expect(semaphore.acquireSync({ timeout: 0 })).not.toBe(null);
    }
  });

  it('keeps the permits of the dead taken, and is not stopped by a dead waiter', async () => {
    const semaphore = own(new Semaphore(1));
    const holder = peer(
      semaphore,
      'object.acquireSync(); say("held"); setInterval(() => {}, 1000);',
    );
    expect(await said(holder)).toBe('held');
    const waiters = [
      peer(semaphore, 'say("ready"); object.acquireSync();'),
      peer(semaphore, 'object.acquire(); say("ready"); setInterval(() => {}, 1000);'),
    ];
    for (const one of waiters) expect(await said(one)).toBe('ready');
    const here = semaphore.acquire();
    expect(await isPending(here, 150)).toBe(true);
    for (const one of [...waiters, holder]) await kill(one);
    expect(await isPending(here, 200)).toBe(true);
    semaphore.release();
    expect(await here).not.toBe(null);
    expect(semaphore.getValue()).toBe(0);
  });

  it('has one thread that looks for foreign posts while a loop waits, and none when nothing waits', async () => {
    const semaphores = [own(new Semaphore(0)), own(new Semaphore(0)), own(new Semaphore(0))];
    const controller = new AbortController();
    await until(() => helpers() === 0);
    const waits = semaphores.map((semaphore) => semaphore.acquire({ signal: controller.signal }));
    await until(() => helpers() === 1);
    expect(await isPending(waits[0] as Promise<unknown>, 100)).toBe(true);
    expect(helpers()).toBe(1);
    controller.abort();
    for (const wait of waits) await expect(wait).rejects.toEqual(code('ABORT_ERR'));
    await until(() => helpers() === 0);
  });

  it('lets worker.terminate() and process.exit() through, whatever waits, and takes nothing with them', async () => {
    const semaphore = own(new Semaphore(0));
    for (const script of [
      'parentPort.postMessage(0); object.acquireSync();',
      'object.acquire(); parentPort.postMessage(0);',
    ]) {
      const worker = thread(semaphore, script);
      await heard(worker);
      const start = performance.now();
      await worker.terminate();
      expect(performance.now() - start).toBeLessThan(1000);
    }
    const exits = peer(
      semaphore,
      'object.acquire(); setTimeout(() => process.exit(7), 50); say("ready");',
    );
    expect(await said(exits)).toBe('ready');
    expect((await exits.finished).code).toBe(7);
    semaphore.release();
    expect(semaphore.getValue()).toBe(1);
  });

  it('ends the waits of a handle that is closed, and keeps a process alive only while it waits', async () => {
    const semaphore = own(new Semaphore(0));
    const again = Semaphore.open(semaphore.name);
    const wait = again.acquire();
    again.close();
    await expect(wait).rejects.toEqual(code('ERR_CLOSED'));
    const idle = peer(semaphore, 'say(1)');
    expect((await idle.finished).code).toBe(0);
    const waits = peer(semaphore, 'say(1); await object.acquire(); say(2);');
    expect(await said(waits)).toBe(1);
    expect(await isPending(waits.finished, 300)).toBe(true);
    semaphore.release();
    expect((await waits.finished).code).toBe(0);
  });

  it('runs a body with a permit, and gives it back whatever happens', async () => {
    const semaphore = own(new Semaphore(1));
    expect(semaphore.runSync(() => semaphore.getValue())).toBe(0);
    for (const body of [undefined, null, 5]) {
      expect(() => semaphore.runSync(body as never)).toThrow(/body must be a function/);
      await expect(semaphore.run(body as never)).rejects.toMatchObject({
        code: 'ERR_INVALID_ARG_TYPE',
      });
    }
    await expect(semaphore.run(() => Promise.reject(new Error('mine')))).rejects.toThrow('mine');
    expect(semaphore.getValue()).toBe(1);
  });

  it('leaves nothing behind in a thousand rounds', () => {
    const name = nameFor('semaphore');
    checkLeaks(() => {
      using semaphore = new Semaphore(1, { name });
      semaphore.acquireSync();
    });
    expect(readdirSync('/dev/shm').filter((file) => file.endsWith(name))).toEqual([]);
  });
});

describe('a BoundedSemaphore', () => {
  it('is released up to its first value, and not above it', () => {
    const semaphore = own(new BoundedSemaphore(2));
    expect(() => semaphore.release()).toThrow(code('ERR_SEMAPHORE_BOUND'));
    semaphore.acquireSync();
    expect(() => semaphore.release(2)).toThrow(code('ERR_SEMAPHORE_BOUND'));
    expect(semaphore.getValue()).toBe(1);
    semaphore.release();
    expect(() => semaphore.release()).toThrow(code('ERR_SEMAPHORE_BOUND'));
    expect(semaphore.getValue()).toBe(2);
  });

  it('never rises above it, however many release at once', async () => {
    const semaphore = own(new BoundedSemaphore(3));
    const script = `say('ready');
      let refused = 0;
      let done = 0;
      for (let i = 0; i < 20000; i++) {
        try { object.release(); done++ } catch (error) { if (error.code !== 'ERR_SEMAPHORE_BOUND') throw error; refused++ }
        if (object.getValue() > 3) say('above');
        if (i % 3 === 0 && object.acquireSync({ timeout: 0 }) !== null) done--;
      }
      say([refused > 0, done]);`;
    const peers = [peer(semaphore, script), peer(semaphore, script)];
    for (const one of peers) expect(await said(one)).toBe('ready');
    const results = [
      await said<[boolean, number]>(peers[0]!),
      await said<[boolean, number]>(peers[1]!),
    ];
    expect(results.map(([refused]) => refused)).toEqual([true, true]);
    expect(semaphore.getValue()).toBe(3 + results[0]![1] + results[1]![1]);
    expect(semaphore.getValue()).toBeLessThanOrEqual(3);
  });

  it('is no Semaphore, and leads through its handle to its class', () => {
    const bounded = own(new BoundedSemaphore(2));
    const plain = own(new Semaphore(2));
    expect(() => Semaphore.open(bounded.name)).toThrow(code('ERR_LAYOUT_MISMATCH'));
    expect(() => BoundedSemaphore.open(plain.name)).toThrow(code('ERR_LAYOUT_MISMATCH'));
    expect(own(attach(bounded.handle))).toBeInstanceOf(BoundedSemaphore);
    expect(own(attach(JSON.parse(JSON.stringify(plain))))).toBeInstanceOf(Semaphore);
    expect(own(BoundedSemaphore.openOrCreate(bounded.name, 2)).getValue()).toBe(2);
    expect(() => BoundedSemaphore.openOrCreate(bounded.name, 3)).toThrow(
      code('ERR_OPTIONS_MISMATCH'),
    );
  });
});

const closed = () => {
  const semaphore = new Semaphore();
  semaphore.close();
  return semaphore;
};

describe('bad input to a semaphore', () => {
  it.each([
    {
      call: 'a negative value',
      act: () => new Semaphore(-1),
      code: 'ERR_OUT_OF_RANGE',
      of: RangeError,
    },
    {
      call: 'a value beyond SEM_VALUE_MAX',
      act: () => new Semaphore(2 ** 31),
      code: 'ERR_OUT_OF_RANGE',
      of: RangeError,
    },
    {
      call: 'a fraction',
      act: () => new BoundedSemaphore(1.5),
      code: 'ERR_OUT_OF_RANGE',
      of: RangeError,
    },
    {
      call: 'options in place of the value',
      act: () => new Semaphore({ name: 'x' } as never),
      code: 'ERR_INVALID_ARG_TYPE',
      of: TypeError,
    },
    {
      call: 'a bigint',
      act: () => new Semaphore(1n as never),
      code: 'ERR_INVALID_ARG_TYPE',
      of: TypeError,
    },
    {
      call: 'an unknown option',
      act: () => new Semaphore(1, { bound: 1 } as never),
      code: 'ERR_UNKNOWN_OPTION',
    },
    {
      call: 'release of 0',
      act: () => own(new Semaphore()).release(0),
      code: 'ERR_OUT_OF_RANGE',
      of: RangeError,
    },
    {
      call: 'release of a string',
      act: () => own(new Semaphore()).release('1' as never),
      code: 'ERR_INVALID_ARG_TYPE',
      of: TypeError,
    },
    {
      call: 'release beyond SEM_VALUE_MAX',
      act: () => own(new Semaphore(2 ** 31 - 1)).release(),
      code: 'EOVERFLOW',
    },
    {
      call: 'a timeout that is NaN',
      act: () => own(new Semaphore()).acquire({ timeout: Number.NaN }),
      code: 'ERR_INVALID_ARG_TYPE',
      of: TypeError,
    },
    {
      call: 'a name that leads nowhere',
      act: () => Semaphore.open(nameFor('nowhere')),
      code: 'ENOENT',
    },
    { call: 'unlink of nothing', act: () => Semaphore.unlink(nameFor('nowhere')), code: 'ENOENT' },
    {
      call: 'a name that is taken',
      act: () => new Semaphore(1, { name: own(new Semaphore()).name }),
      code: 'EEXIST',
    },
    { call: 'acquire after close', act: () => closed().acquire(), code: 'ERR_CLOSED' },
    { call: 'release after close', act: () => closed().release(), code: 'ERR_CLOSED' },
    { call: 'getValue after close', act: () => closed().getValue(), code: 'ERR_CLOSED' },
  ])('refuses $call with $code', checkBad);
});
