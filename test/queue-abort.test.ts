import { describe, expect, it } from 'vitest';
import { Full, Queue } from '../dist/index.js';
import { rejects, throws } from './helpers/failures.js';
import { own } from './helpers/owned.js';
import { isPending } from './helpers/time.js';

const reason = { why: 'changed my mind' };

describe('an AbortSignal', () => {
  it('that is aborted already rejects at once and takes nothing, even where nothing had to be waited for', async () => {
    const queue = own(new Queue<number>());
    queue.putSync(1);
    const signal = AbortSignal.abort(reason);
    for (const promise of [
      queue.get({ signal }),
      queue.get({ signal, timeout: 0 }),
      queue.put(2, { signal }),
      queue.put(2, { signal, timeout: 0 }),
      queue.putMany([2], { signal }),
      queue.getMany(1, { signal }),
    ]) {
      const error = await rejects(promise, Error, 'ABORT_ERR');
      expect(error.name).toBe('AbortError');
      expect(error.cause).toBe(reason);
    }
    expect(queue.qsize()).toBe(1);
  });

  it('ends a pending get, which has then taken nothing', async () => {
    const queue = own(new Queue<string>());
    const controller = new AbortController();
    const aborted = queue.get({ signal: controller.signal });
    const waits = queue.get();
    expect(await isPending(aborted)).toBe(true);
    controller.abort(reason);
    expect((await rejects(aborted, Error, 'ABORT_ERR')).cause).toBe(reason);
    queue.putSync('for the other');
    expect(await waits).toBe('for the other');
  });

  it('wins over an item that is put in the same turn afterwards', async () => {
    const queue = own(new Queue<string>());
    const controller = new AbortController();
    const aborted = queue.get({ signal: controller.signal });
    controller.abort();
    queue.putSync('stays');
    const error = await rejects(aborted, Error, 'ABORT_ERR');
    expect(error.cause).toBe(controller.signal.reason);
    expect(queue.getNowait()).toBe('stays');
  });

  it('ends a pending put, which then puts nothing and lets the next one through', async () => {
    const queue = own(new Queue<Buffer>({ codec: 'raw', capacity: 4096 }));
    for (let n = 0; n < 30; n++) queue.putNowait(Buffer.alloc(100));
    throws(() => queue.putNowait(Buffer.alloc(1000)), Full, 'ERR_QUEUE_FULL');
    const controller = new AbortController();
    const large = queue.put(Buffer.alloc(1000), { signal: controller.signal });
    const small = queue.put(Buffer.from('small'));
    const items = queue.qsize();
    controller.abort();
    await rejects(large, Error, 'ABORT_ERR');
    for (let taken = 0; taken < items; taken++) expect(queue.getSync()).toHaveLength(100);
    await small;
    expect(queue.getNowait()).toEqual(Buffer.from('small'));
    expect(queue.empty()).toBe(true);
  });

  it('changes nothing when it comes too late', async () => {
    const queue = own(new Queue<number>());
    const controller = new AbortController();
    const item = queue.get({ signal: controller.signal });
    queue.putSync(3);
    expect(await item).toBe(3);
    controller.abort();
    queue.putSync(4);
    expect(await queue.get()).toBe(4);
  });

  it('that fires by AbortSignal.timeout says so in the cause', async () => {
    const queue = own(new Queue());
    const error = await rejects(queue.get({ signal: AbortSignal.timeout(30) }), Error, 'ABORT_ERR');
    expect((error.cause as Error).name).toBe('TimeoutError');
  });

  it('is refused by the Sync forms and where it is no signal', async () => {
    const queue = own(new Queue());
    const { signal } = new AbortController();
    throws(() => queue.getSync({ signal } as object), TypeError, 'ERR_INVALID_ARG_TYPE');
    throws(() => queue.putSync(1, { signal } as object), TypeError, 'ERR_INVALID_ARG_TYPE');
    const wrong = {} as AbortSignal;
    await rejects(queue.get({ signal: wrong }), TypeError, 'ERR_INVALID_ARG_TYPE');
  });
});
