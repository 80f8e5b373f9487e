import { describe, expect, it, onTestFinished } from 'vitest';
import { Pool, Process, Queue, SerializationError } from '../dist/index.js';
import { double } from './fixtures/pool-functions.mjs';
import { rejects } from './helpers/failures.js';
import { own } from './helpers/owned.js';
import { connected, listen } from './helpers/sockets.js';

const module = new URL('fixtures/pool-functions.mjs', import.meta.url);

describe('what belongs to its thread is refused in messages, with its path:', () => {
  const made: Record<string, () => Promise<object> | object> = {
    SocketConnection: async () => (await connected(await listen({})))[0],
    Listener: () => listen({}),
    Process: () => new Process({ target: double, module }),
    Pool: () => {
      const pool = new Pool(1, { module });
      onTestFinished(() => pool.terminate());
      return pool;
    },
  };
  for (const [name, make] of Object.entries(made)) {
    for (const codec of ['msgpack', 'json', 'v8'] as const) {
      it(`${name}, in ${codec}`, async () => {
        const queue = own(new Queue<unknown>({ codec }));
        const object = await make();
        const error = await rejects(
          queue.put({ a: [1, { b: object }] }),
          SerializationError,
          'ERR_NOT_SERIALIZABLE',
        );
        expect(error).toMatchObject({ path: '$.a[1].b' });
        expect(error.message).toContain(name);
        expect(queue.qsize()).toBe(0);
      });
    }
  }
});
