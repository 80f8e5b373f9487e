import { describe, expect, it } from 'vitest';
import { ClosedError, Empty, Full, Queue } from '../dist/index.js';
import { rejects, throws } from './helpers/failures.js';
import { own } from './helpers/owned.js';

describe('a queue', () => {
  it('gives with each of the three call forms what was put with any of them', async () => {
    const queue = own(new Queue<string>());
    const puts = [
      (item: string) => queue.put(item),
      (item: string) => queue.putSync(item),
      (item: string) => queue.putNowait(item),
    ];
    const gets = [() => queue.get(), () => queue.getSync(), () => queue.getNowait()];
    for (const put of puts) {
      for (const get of gets) {
        await put('item');
        expect(await get()).toBe('item');
      }
    }
    expect(queue.empty()).toBe(true);
  });

  it('answers at once in the nowait forms', () => {
    const queue = own(new Queue<number>(1));
    expect(throws(() => queue.getNowait(), Empty, 'ERR_QUEUE_EMPTY').name).toBe('Empty');
    expect(queue.putNowait(1)).toBe(undefined);
    throws(() => queue.putNowait(2), Full, 'ERR_QUEUE_FULL');
    expect(queue.getNowait()).toBe(1);
  });

  it('gives promises from its waiting forms, even for what cannot work', async () => {
    const queue = own(new Queue());
    const rejected = queue.put(() => {});
    expect(rejected).toBeInstanceOf(Promise);
    await expect(rejected).rejects.toThrow();
    const wrong = queue.get({ timeout: 'soon' as unknown as number });
    expect(wrong).toBeInstanceOf(Promise);
    await rejects(wrong, TypeError, 'ERR_INVALID_ARG_TYPE');
  });

  it('refuses every use of a closed handle', async () => {
    const queue = new Queue();
    queue.close();
    queue.close();
    expect(queue.closed).toBe(true);
    await rejects(queue.put(1), ClosedError, 'ERR_CLOSED');
    await rejects(queue.get(), ClosedError, 'ERR_CLOSED');
    await rejects(queue.putMany([1]), ClosedError, 'ERR_CLOSED');
    await rejects(queue.getMany(1), ClosedError, 'ERR_CLOSED');
    const calls = [
      () => queue.putSync(1),
      () => queue.putNowait(1),
      () => queue.getSync(),
      () => queue.getNowait(),
      () => queue.putManySync([1]),
      () => queue.getManySync(1),
      () => queue.qsize(),
      () => queue.empty(),
      () => queue.full(),
      () => queue.shutdown(),
      () => queue.unlink(),
    ];
    for (const call of calls) throws(call, ClosedError, 'ERR_CLOSED');
  });

  it('ends the pending waits of a handle that is closed, and no others', async () => {
    const queue = own(new Queue<number>());
    const second = Queue.open<number>(queue.name);
    const ours = queue.get();
    const theirs = second.get();
    second.close();
    await rejects(theirs, ClosedError, 'ERR_CLOSED');
    queue.putSync(5);
    expect(await ours).toBe(5);
  });

  it('closes at the end of a scope', () => {
    let queue: Queue | undefined;
    {
      using scoped = new Queue();
      queue = scoped;
      expect(queue.closed).toBe(false);
    }
    expect(queue.closed).toBe(true);
  });
});
