import { describe, expect, it } from 'vitest';
import { attach, Event, wait } from '../dist/index.js';
import { own } from './helpers/owned.js';
import { nameFor, present } from './helpers/segments.js';
import { checkBad, checkLeaks, heard, kill, peer, said, thread } from './helpers/sync.js';
import { isPending } from './helpers/time.js';

const code = (expected: string) => expect.objectContaining({ code: expected });

describe('an Event', () => {
  it('is not set at first, is set by set() and cleared by clear(), for everybody', async () => {
    const event = own(new Event());
    expect(event.isSet()).toBe(false);
    const other = peer(
      event,
      'say(object.isSet()); object.set(); object.set(); say(object.isSet());',
    );
    expect([await said(other), await said(other)]).toEqual([false, true]);
    expect(event.isSet()).toBe(true);
    event.clear();
    event.clear();
    expect(event.isSet()).toBe(false);
  });

  it('that is set makes no wait wait', async () => {
    const event = own(new Event());
    event.set();
    expect(await event.wait()).toBe(true);
    expect(await event.wait({ timeout: 0 })).toBe(true);
    expect(event.waitSync()).toBe(true);
    expect(event.waitSync({ block: false })).toBe(true);
  });

  it('that is not set ends a limited wait with false', async () => {
    const event = own(new Event());
    expect(await event.wait({ timeout: 0 })).toBe(false);
    expect(event.waitSync({ timeout: -1 })).toBe(false);
    const start = performance.now();
    expect(await event.wait({ timeout: 60 })).toBe(false);
    expect(event.waitSync({ timeout: 60 })).toBe(false);
    expect(performance.now() - start).toBeGreaterThanOrEqual(118);
  });

  it('wakes everybody who waits, in processes, threads and this loop, in both forms', async () => {
    const event = own(new Event());
    const script = 'say("ready"); say(object.waitSync());';
    const promised =
      'const waits = [object.wait(), object.wait()]; say("ready"); say(await Promise.all(waits));';
    const peers = [peer(event, script), peer(event, script), peer(event, promised)];
    for (const one of peers) expect(await said(one)).toBe('ready');
    const worker = thread(
      event,
      'parentPort.postMessage("ready"); parentPort.postMessage(object.waitSync());',
    );
    expect(await heard(worker)).toBe('ready');
    const here = Promise.all([event.wait(), event.wait()]);
    expect(await isPending(here)).toBe(true);
    const there = heard(worker);
    event.set();
    expect(await here).toEqual([true, true]);
    expect(await said(peers[0]!)).toBe(true);
    expect(await said(peers[1]!)).toBe(true);
    expect(await said(peers[2]!)).toEqual([true, true]);
    expect(await there).toBe(true);
  });

  it('wakes those who wait though it is cleared again at once', async () => {
    const event = own(new Event());
    const sleeper = peer(event, 'say("ready"); say(object.waitSync());');
    const loop = peer(event, 'const waits = object.wait(); say("ready"); say(await waits);');
    expect([await said(sleeper), await said(loop)]).toEqual(['ready', 'ready']);
    await isPending(sleeper.finished, 200);
    const here = event.wait();
    event.set();
    event.clear();
    expect(await here).toBe(true);
    expect(await said(sleeper)).toBe(true);
    expect(await said(loop)).toBe(true);
    expect(await event.wait({ timeout: 0 })).toBe(false);
  });

  it('takes back an aborted wait', async () => {
    const event = own(new Event());
    const controller = new AbortController();
    const aborted = event.wait({ signal: controller.signal });
    const other = event.wait();
    controller.abort('why');
    await expect(aborted).rejects.toMatchObject({ code: 'ABORT_ERR', cause: 'why' });
    await expect(event.wait({ signal: AbortSignal.abort() })).rejects.toEqual(code('ABORT_ERR'));
    event.set();
    expect(await other).toBe(true);
  });

  it('does without a waiter that was killed, and without one who killed itself right after set()', async () => {
    const event = own(new Event());
    const doomed = [
      peer(event, 'say("ready"); object.waitSync();'),
      peer(event, 'object.wait(); say("ready");'),
    ];
    for (const one of doomed) expect(await said(one)).toBe('ready');
    const here = event.wait();
    expect(await isPending(here)).toBe(true);
    for (const one of doomed) await kill(one);
    const setter = peer(event, 'object.set(); process.kill(process.pid, "SIGKILL");');
    expect(await here).toBe(true);
    await setter.finished;
    event.clear();
    const start = performance.now();
    event.set();
    expect(performance.now() - start).toBeLessThan(50);
  });

  it('ends the waits of a handle that is closed, and of no other', async () => {
    const event = own(new Event());
    const again = Event.open(event.name);
    const mine = event.wait();
    const its = again.wait();
    again.close();
    await expect(its).rejects.toEqual(code('ERR_CLOSED'));
    event.set();
    expect(await mine).toBe(true);
  });

  it('can be waited for among other objects', async () => {
    const first = own(new Event());
    const second = own(new Event());
    first.set();
    first.clear();
    const ready = wait([first, second]);
    expect(await isPending(ready)).toBe(true);
    second.set();
    expect(await ready).toEqual([second]);
    expect(await wait([first], { timeout: 0 })).toEqual([]);
  });

  it('lets worker.terminate() through a blocked wait', async () => {
    const event = own(new Event());
    const worker = thread(event, 'parentPort.postMessage(0); object.waitSync();');
    await heard(worker);
    const start = performance.now();
    await worker.terminate();
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it('leads through its handle to its class, and leaves nothing behind in a thousand rounds', () => {
    const event = own(new Event());
    expect(own(attach(event.handle))).toBeInstanceOf(Event);
    const name = nameFor('event');
    checkLeaks(() => {
      using one = new Event({ name });
      one.set();
      one.waitSync();
    });
    expect(present(name)).toBe(false);
  });

  it.each([
    {
      call: 'an unknown option',
      act: () => new Event({ persistent: true } as never),
      code: 'ERR_UNKNOWN_OPTION',
    },
    {
      call: 'a null for options',
      act: () => new Event(null as never),
      code: 'ERR_INVALID_ARG_TYPE',
      of: TypeError,
    },
    {
      call: 'a mode out of range',
      act: () => new Event({ mode: 0o1000 }),
      code: 'ERR_OUT_OF_RANGE',
      of: RangeError,
    },
    {
      call: 'a name that leads nowhere',
      act: () => Event.open(nameFor('nowhere')),
      code: 'ENOENT',
    },
    {
      call: 'a name that is taken',
      act: () => new Event({ name: own(new Event()).name }),
      code: 'EEXIST',
    },
    {
      call: 'a string as a timeout',
      act: () => own(new Event()).wait({ timeout: '1' as never }),
      code: 'ERR_INVALID_ARG_TYPE',
      of: TypeError,
    },
    {
      call: 'a signal for waitSync',
      act: () => own(new Event()).waitSync({ signal: AbortSignal.abort() } as never),
      code: 'ERR_INVALID_ARG_TYPE',
      of: TypeError,
    },
    {
      call: 'set after close',
      act: () => {
        const event = new Event();
        event.close();
        event.set();
      },
      code: 'ERR_CLOSED',
    },
    {
      call: 'wait after close',
      act: () => {
        const event = new Event();
        event.close();
        return event.wait();
      },
      code: 'ERR_CLOSED',
    },
  ])('refuses $call with $code', checkBad);
});
