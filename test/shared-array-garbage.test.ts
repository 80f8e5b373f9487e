import { deepStrictEqual } from 'node:assert';
import { describe, it } from 'vitest';
import { answerOf } from './helpers/segments.js';

const execArgv = ['--expose-gc'];

/** Collects until something has happened that only the collector brings about. */
const prelude = `
  import { existsSync } from 'node:fs';
  import { setTimeout as delay } from 'node:timers/promises';
  const present = (name) => existsSync('/dev/shm/interproc.' + name);
  const collectUntil = async (done) => {
    const deadline = performance.now() + 20000;
    while (!done()) {
      if (performance.now() > deadline) return false;
      globalThis.gc();
      await delay(5);
    }
    return true;
  };`;

describe('the garbage collector', () => {
  it('detaches and removes an array that was dropped', async () => {
    const seen = await answerOf<unknown>(
      `${prelude}
       const make = () => new ip.SharedArray('i', 1000).name;
       const names = [make(), make(), make()];
       const before = names.map(present);
       console.log(JSON.stringify([before, await collectUntil(() => !names.some(present))]));`,
      { execArgv },
    );
    deepStrictEqual(seen, [[true, true, true], true]);
  });

  it('keeps the memory of an array of which any view is still there', async () => {
    const seen = await answerOf<unknown>(
      `${prelude}
       // As the last object made and dropped: what is collected later proves that the collector ran.
       const part = (() => new ip.SharedArray('i', [1, 2, 3]).subarray(1))();
       const buffer = (() => new ip.SharedArray('i', [4]).buffer)();
       const view = (() => { const value = new ip.Value(ip.struct({ x: ip.c_int }), { x: 6 }); return value.value })();
       const canary = (() => new ip.SharedArray('i', 1).name)();
       const collected = await collectUntil(() => !present(canary));
       for (let i = 0; i < 20; i++) { globalThis.gc(); await delay(1); }
       console.log(JSON.stringify([collected, [...part], new Int32Array(buffer)[0], view.x]));`,
      { execArgv },
    );
    deepStrictEqual(seen, [true, [2, 3], 4, 6]);
  });

  it('lets an array go with its last view', async () => {
    const seen = await answerOf<unknown>(
      `${prelude}
       let array = new ip.SharedArray('i', [1, 2, 3]);
       const { name } = array;
       let part = array.subarray(1);
       array = undefined;
       const canary = (() => new ip.SharedArray('i', 1).name)();
       await collectUntil(() => !present(canary));
       const kept = [present(name), part[1]];
       part = undefined;
       console.log(JSON.stringify([kept, await collectUntil(() => !present(name))]));`,
      { execArgv },
    );
    deepStrictEqual(seen, [[true, 3], true]);
  });

  it('detaches values, queues, locks and ends of pipes that were dropped', async () => {
    const seen = await answerOf<unknown>(
      `${prelude}
       const makers = [
         () => new ip.Value('i'),
         () => new ip.Value(ip.struct({ x: ip.c_int }), undefined, { lock: new ip.Lock() }),
         () => new ip.Queue(),
         () => new ip.Lock(),
         () => new ip.RawArray('d', 5),
         () => ip.Pipe()[0],
       ];
       const names = makers.map((make) => make().name);
       console.log(JSON.stringify(await collectUntil(() => !names.some(present))));`,
      { execArgv },
    );
    deepStrictEqual(seen, true);
  });

  it('leaves one handle alone when another on the same object is collected', async () => {
    const seen = await answerOf<unknown>(
      `${prelude}
       const array = new ip.SharedArray('i', [1, 2]);
       let collected = 0;
       const registry = new FinalizationRegistry(() => collected++);
       (() => { for (let i = 0; i < 5; i++) registry.register(ip.SharedArray.open(array.name)); })();
       const all = await collectUntil(() => collected === 5);
       for (let i = 0; i < 20; i++) { globalThis.gc(); await delay(1); }
       const again = ip.attach(array.handle);
       again[1] = 7;
       console.log(JSON.stringify([all, [...array], array.closed, present(array.name)]));`,
      { execArgv },
    );
    deepStrictEqual(seen, [true, [1, 7], false, true]);
  });

  it('never empties memory that a pending wait of its lock needs', async () => {
    const seen = await answerOf<unknown>(
      `${prelude}
       const lock = new ip.Lock();
       const guard = lock.acquireSync();
       const waiting = (() => ip.Lock.open(lock.name).acquire())();
       for (let i = 0; i < 20; i++) { globalThis.gc(); await delay(1); }
       guard.release();
       const second = await waiting;
       console.log(JSON.stringify([second !== null, lock.locked()]));`,
      { execArgv },
    );
    deepStrictEqual(seen, [true, true]);
  });
});
