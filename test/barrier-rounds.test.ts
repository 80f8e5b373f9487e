import { describe, expect, it } from 'vitest';
import { attach, Barrier, Value } from '../dist/index.js';
import { own } from './helpers/owned.js';
import { nameFor, present } from './helpers/segments.js';
import { checkBad, checkLeaks, heard, kill, peer, said, thread } from './helpers/sync.js';
import { isPending, until } from './helpers/time.js';

const code = (expected: string) => expect.objectContaining({ code: expected });
const broken = code('ERR_BARRIER_BROKEN');

describe('a Barrier', () => {
  it('lets its parties go when the last one has come, each with an index of its own', async () => {
    const barrier = own(new Barrier(4));
    expect([barrier.parties, barrier.nWaiting, barrier.broken]).toEqual([4, 0, false]);
    const peers = [
      peer(barrier, 'say(object.waitSync()); say(await object.wait());'),
      peer(barrier, 'say(await object.wait()); say(object.waitSync());'),
    ];
    const worker = thread(
      barrier,
      'parentPort.postMessage(object.waitSync()); parentPort.postMessage(await object.wait());',
    );
    for (let round = 0; round < 2; round++) {
      await until(() => barrier.nWaiting === 3);
      const there = heard<number>(worker);
      const indices = [
        await barrier.wait(),
        await there,
        await said<number>(peers[0]!),
        await said<number>(peers[1]!),
      ];
      expect(indices.sort()).toEqual([0, 1, 2, 3]);
    }
    expect(barrier.nWaiting).toBe(0);
  });

  it('works with several parties in one thread, and with one alone', async () => {
    const barrier = own(new Barrier(3));
    for (let round = 0; round < 100; round++) {
      const indices = await Promise.all([barrier.wait(), barrier.wait(), barrier.wait()]);
      expect(indices.sort()).toEqual([0, 1, 2]);
    }
    const alone = own(new Barrier(1));
    expect([alone.waitSync(), await alone.wait(), alone.waitSync({ timeout: 0 })]).toEqual([
      0, 0, 0,
    ]);
  });

  it('holds everybody for a thousand rounds: nobody is a round ahead', async () => {
    const barrier = own(new Barrier(3));
    const rounds = own(new Value('i', 0, { lock: false }));
    const form = (wait: string) => `
      const rounds = ip.attach(${JSON.stringify(rounds)});
      let sum = 0; let wrong = 0;
      for (let round = 0; round < 1000; round++) {
        rounds.add(1);
        sum += ${wait};
        if (rounds.value < 3 * (round + 1) || rounds.value > 3 * (round + 2)) wrong++;
      }
      say([sum, wrong]);`;
    const peers = [
      peer(barrier, form('object.waitSync()')),
      peer(barrier, form('await object.wait()')),
      peer(barrier, form('object.waitSync()')),
    ];
    const results = await Promise.all(peers.map((one) => said<[number, number]>(one)));
    expect(results.map(([, wrong]) => wrong)).toEqual([0, 0, 0]);
    expect(results.reduce((sum, [part]) => sum + part, 0)).toBe(1000 * (0 + 1 + 2));
  });

  it('runs the action once in a round, in a party that has it, before anybody goes on', async () => {
    const ran: string[] = [];
    const barrier = own(new Barrier(3, { action: () => ran.push('mine') }));
    const others = [
      peer(barrier, 'say(object.waitSync()); say(object.waitSync());'),
      peer(barrier, 'say(await object.wait()); say(await object.wait());'),
    ];
    for (let round = 1; round <= 2; round++) {
      // In the second round this party is not the last.
      if (round === 1) await until(() => barrier.nWaiting === 2);
      await barrier.wait();
      expect(ran).toHaveLength(round);
      for (const one of others) await said(one);
    }
    expect(ran).toHaveLength(2);
  });

  it('waits for an asynchronous action, and runs one in the Sync form', async () => {
    let done = false;
    const slow = own(
      new Barrier(2, {
        action: async () => {
          await isPending(new Promise(() => undefined), 50);
          done = true;
        },
      }),
    );
    const other = Barrier.open(slow.name);
    await Promise.all([slow.wait(), other.wait().then(() => expect(done).toBe(true))]);
    other.close();
    let count = 0;
    const sync = own(new Barrier(2, { action: () => count++ }));
    const there = peer(sync, 'await object.wait(); await object.wait(); say("done");');
    sync.waitSync();
    sync.waitSync();
    expect(count).toBe(2);
    expect(await said(there)).toBe('done');
    const wrong = own(new Barrier(1, { action: async () => undefined }));
    expect(() => wrong.waitSync()).toThrow(code('ERR_INVALID_ARG_TYPE'));
    expect(wrong.broken).toBe(true);
  });

  it('takes an aborted wait back, without harm to the others', async () => {
    const barrier = own(new Barrier(2));
    const controller = new AbortController();
    const aborted = barrier.wait({ signal: controller.signal });
    expect(barrier.nWaiting).toBe(1);
    controller.abort('why');
    await expect(aborted).rejects.toMatchObject({ code: 'ABORT_ERR', cause: 'why' });
    await expect(barrier.wait({ signal: AbortSignal.abort() })).rejects.toEqual(code('ABORT_ERR'));
    expect([barrier.nWaiting, barrier.broken]).toEqual([0, false]);
    expect((await Promise.all([barrier.wait(), barrier.wait()])).sort()).toEqual([0, 1]);
  });

  it('leads through its handle to its class, and opens with the same parties only', () => {
    const barrier = own(new Barrier(3, { timeout: 100 }));
    expect(own(attach(JSON.parse(JSON.stringify(barrier))))).toBeInstanceOf(Barrier);
    expect(own(Barrier.openOrCreate(barrier.name, 3)).parties).toBe(3);
    expect(() => Barrier.openOrCreate(barrier.name, 4)).toThrow(code('ERR_OPTIONS_MISMATCH'));
    expect(() => Barrier.openOrCreate(barrier.name, 3, { timeout: 7 })).toThrow(
      code('ERR_OPTIONS_MISMATCH'),
    );
  });

  it('leaves nothing behind in a thousand rounds', () => {
    const name = nameFor('barrier');
    checkLeaks(() => {
      using barrier = new Barrier(1, { name });
      barrier.waitSync();
    });
    expect(present(name)).toBe(false);
  });
});

describe('a broken Barrier', () => {
  it('is what a wait that runs out of time makes of it, for all, until reset()', async () => {
    const barrier = own(new Barrier(3));
    const waits = [barrier.wait(), barrier.wait({ timeout: 40 })];
    for (const wait of waits) await expect(wait).rejects.toEqual(broken);
    expect([barrier.broken, barrier.nWaiting]).toEqual([true, 0]);
    await expect(barrier.wait()).rejects.toEqual(broken);
    expect(() => barrier.waitSync({ timeout: 0 })).toThrow(broken);
    barrier.reset();
    expect(barrier.broken).toBe(false);
    expect((await Promise.all([barrier.wait(), barrier.wait(), barrier.wait()])).sort()).toEqual([
      0, 1, 2,
    ]);
  });

  it('comes from a try that does not wait', async () => {
    for (const options of [{ timeout: 0 }, { block: false }]) {
      const barrier = own(new Barrier(2));
      expect(() => barrier.waitSync(options)).toThrow(broken);
      expect(barrier.broken).toBe(true);
    }
  });

  it("comes from the barrier's own timeout, for parties everywhere, unless a wait has another", async () => {
    const barrier = own(new Barrier(2, { timeout: 60 }));
    const start = performance.now();
    await expect(barrier.wait()).rejects.toEqual(broken);
    expect(performance.now() - start).toBeGreaterThanOrEqual(55);
    barrier.reset();
    const other = peer(barrier, 'try { object.waitSync() } catch (error) { say(error.code) }');
    expect(await said(other)).toBe('ERR_BARRIER_BROKEN');
    barrier.reset();
    const patient = barrier.wait({ timeout: Infinity });
    expect(await isPending(patient, 200)).toBe(true);
    await barrier.wait();
    await patient;
  });

  it('comes from abort(), which frees everybody at once', async () => {
    const barrier = own(new Barrier(4));
    const peers = [
      peer(barrier, 'say(0); try { object.waitSync() } catch (error) { say(error.code) }'),
      peer(barrier, 'say(0); try { await object.wait() } catch (error) { say(error.code) }'),
    ];
    for (const one of peers) expect(await said(one)).toBe(0);
    const here = barrier.wait();
    await until(() => barrier.nWaiting === 3);
    barrier.abort();
    await expect(here).rejects.toEqual(broken);
    for (const one of peers) expect(await said(one)).toBe('ERR_BARRIER_BROKEN');
  });

  it('comes from an action that throws, which throws there and nowhere else', async () => {
    const barrier = own(
      new Barrier(3, {
        action: () => {
          throw new Error('mine');
        },
      }),
    );
    const other = peer(barrier, 'try { object.waitSync() } catch (error) { say(error.code) }');
    const without = own(Barrier.open(barrier.name));
    const waits = [barrier.wait(), without.wait()];
    await expect(waits[0]).rejects.toThrow('mine');
    await expect(waits[1]).rejects.toEqual(broken);
    expect(await said(other)).toBe('ERR_BARRIER_BROKEN');
    expect(barrier.broken).toBe(true);
  });

  it('is what reset() frees those who wait with, and is whole then', async () => {
    const barrier = own(new Barrier(2));
    const other = peer(
      barrier,
      'try { object.waitSync() } catch (error) { say(error.code) } say(object.waitSync());',
    );
    await until(() => barrier.nWaiting === 1);
    barrier.reset();
    expect(await said(other)).toBe('ERR_BARRIER_BROKEN');
    expect(barrier.broken).toBe(false);
    const index = barrier.waitSync();
    expect([index, await said(other)].sort()).toEqual([0, 1]);
  });

  it('comes from a party that is killed while it waits, within a moment, in both forms', async () => {
    for (const script of ['say(0); object.waitSync();', 'object.wait(); say(0);']) {
      const barrier = own(new Barrier(3));
      const doomed = peer(barrier, script);
      const other = peer(
        barrier,
        'say(0); try { object.waitSync() } catch (error) { say(error.code) }',
      );
      expect([await said(doomed), await said(other)]).toEqual([0, 0]);
      await until(() => barrier.nWaiting === 2);
      const start = performance.now();
      await kill(doomed);
      expect(await said(other)).toBe('ERR_BARRIER_BROKEN');
      expect(performance.now() - start).toBeLessThan(1000);
    }
  });

  it('is found by the last one to come: a dead party is never counted', async () => {
    const barrier = own(new Barrier(2));
    const doomed = peer(barrier, 'object.wait(); say(0);');
    expect(await said(doomed)).toBe(0);
    expect(barrier.nWaiting).toBe(1);
    await kill(doomed);
    expect(() => barrier.waitSync()).toThrow(broken);
    barrier.reset();
    expect((await Promise.all([barrier.wait(), barrier.wait()])).sort()).toEqual([0, 1]);
  });

  it('comes from a party that is killed in its action', async () => {
    const barrier = own(new Barrier(2));
    const actor = peer(
      barrier,
      `
      const mine = ip.Barrier.open(object.name, { action: () => process.kill(process.pid, 'SIGKILL') });
      say(0); mine.waitSync();`,
    );
    expect(await said(actor)).toBe(0);
    await expect(barrier.wait()).rejects.toEqual(broken);
  });

  it('comes from a worker thread that is terminated, and from a handle that is closed, while they wait', async () => {
    const barrier = own(new Barrier(2));
    const worker = thread(barrier, 'parentPort.postMessage(0); object.waitSync();');
    await heard(worker);
    await until(() => barrier.nWaiting === 1);
    const start = performance.now();
    await worker.terminate();
    expect(performance.now() - start).toBeLessThan(1000);
    await until(() => barrier.broken);
    barrier.reset();
    const again = Barrier.open(barrier.name);
    const wait = again.wait();
    again.close();
    await expect(wait).rejects.toEqual(code('ERR_CLOSED'));
    await until(() => barrier.broken);
  });

  it('does not hold up those who come while an action runs in this very thread', async () => {
    const barrier = own(new Barrier(1, { action: () => Promise.resolve() }));
    const inner: Barrier = own(
      new Barrier(1, { action: (): number => inner.waitSync({ timeout: 10 }) }),
    );
    expect(await Promise.all([barrier.wait(), barrier.wait(), barrier.wait()])).toEqual([0, 0, 0]);
    expect(() => inner.waitSync()).toThrow(broken);
    const forEver: Barrier = own(new Barrier(1, { action: (): number => forEver.waitSync() }));
    expect(() => forEver.waitSync()).toThrow(code('ERR_DEADLOCK'));
  });
});

describe('bad input to a Barrier', () => {
  it.each([
    { call: 'no parties', act: () => new Barrier(0), code: 'ERR_OUT_OF_RANGE', of: RangeError },
    {
      call: 'fewer than none',
      act: () => new Barrier(-1),
      code: 'ERR_OUT_OF_RANGE',
      of: RangeError,
    },
    { call: 'half a party', act: () => new Barrier(1.5), code: 'ERR_OUT_OF_RANGE', of: RangeError },
    {
      call: 'too many parties',
      act: () => new Barrier(65536),
      code: 'ERR_OUT_OF_RANGE',
      of: RangeError,
    },
    {
      call: 'undefined for parties',
      act: () => new Barrier(undefined as never),
      code: 'ERR_INVALID_ARG_TYPE',
      of: TypeError,
    },
    {
      call: 'an action that is none',
      act: () => new Barrier(1, { action: 3 as never }),
      code: 'ERR_INVALID_ARG_TYPE',
      of: TypeError,
    },
    {
      call: 'a timeout that is NaN',
      act: () => new Barrier(1, { timeout: Number.NaN }),
      code: 'ERR_INVALID_ARG_TYPE',
      of: TypeError,
    },
    {
      call: 'an unknown option',
      act: () => new Barrier(1, { party: 1 } as never),
      code: 'ERR_UNKNOWN_OPTION',
    },
    {
      call: 'an unknown option of wait',
      act: () => own(new Barrier(1)).wait({ time: 1 } as never),
      code: 'ERR_UNKNOWN_OPTION',
    },
    {
      call: 'a signal for waitSync',
      act: () => own(new Barrier(1)).waitSync({ signal: AbortSignal.abort() } as never),
      code: 'ERR_INVALID_ARG_TYPE',
      of: TypeError,
    },
    {
      call: 'a name that leads nowhere',
      act: () => Barrier.open(nameFor('nowhere')),
      code: 'ENOENT',
    },
    {
      call: 'wait after close',
      act: () => {
        const barrier = new Barrier(1);
        barrier.close();
        return barrier.wait();
      },
      code: 'ERR_CLOSED',
    },
    {
      call: 'abort after close',
      act: () => {
        const barrier = new Barrier(1);
        barrier.close();
        barrier.abort();
      },
      code: 'ERR_CLOSED',
    },
  ])('refuses $call with $code', checkBad);
});
