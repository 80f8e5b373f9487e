import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { PriorityQueue, Queue } from '../dist/index.js';
import { own } from './helpers/owned.js';
import { answerOf, library } from './helpers/segments.js';

/** Another process takes the only item, and puts one at once: nobody who insists on the room may be left then. */
const takeAndPut = `
  const queue = ip.attach(JSON.parse(process.argv[1]));
  queue.getNowait();
  try {
    queue.putNowait('mine');
    console.log(JSON.stringify('put'));
  } catch (error) {
    console.log(JSON.stringify(error.code));
  }`;
const answer = (queue: object) => answerOf(takeAndPut, { args: [JSON.stringify(queue)] });

/** After some failed attempts a put asks the others to leave the next room to it; each further put is an attempt of the first. */
function insist(put: () => Promise<void>): Promise<PromiseSettledResult<void>[]> {
  return Promise.allSettled(Array.from({ length: 8 }, put));
}

for (const Class of [Queue, PriorityQueue]) {
  describe(`a put that insists on the next room of a ${Class.name}`, () => {
    const full = () => {
      const queue = own(new Class<string>({ maxsize: 1 }));
      queue.putSync('first');
      return queue;
    };

    it('gets it: others leave it alone for a while', async () => {
      const queue = full();
      const stop = new AbortController();
      const puts = insist(() => queue.put('insisting', { signal: stop.signal }));
      // This event loop serves no put before the child has tried.
      const script = `import * as ip from ${JSON.stringify(library)};${takeAndPut}`;
      const child = spawnSync(
        process.execPath,
        ['--input-type=module', '-e', script, JSON.stringify(queue)],
        { encoding: 'utf8' },
      );
      expect(child.stdout.trim()).toBe('"ERR_QUEUE_FULL"');
      stop.abort();
      await puts;
    });

    it('asks for it no more once it is aborted', async () => {
      const queue = full();
      const stop = new AbortController();
      const puts = insist(() => queue.put('insisting', { signal: stop.signal }));
      stop.abort();
      expect((await puts).every(({ status }) => status === 'rejected')).toBe(true);
      expect(await answer(queue)).toBe('put');
    });

    it('asks for it no more once its handle is closed, while the thread has another', async () => {
      const queue = full();
      const again = Class.open<string>(queue.name);
      const puts = insist(() => again.put('insisting'));
      again.close();
      expect((await puts).every(({ status }) => status === 'rejected')).toBe(true);
      expect(await answer(queue)).toBe('put');
    });
  });
}
