import { describe, expect, it } from 'vitest';
import { answerOf, nameFor } from './helpers/segments.js';

const within = ['sh', '-c', 'ulimit -n 256; exec "$@"', 'sh'];

/** Runs every call with no descriptor left, and again when there are some; what each said. */
const script = `
  import { closeSync, openSync } from 'node:fs';
  const name = process.argv[1];
  const { idle } = await import(process.argv[2]);
  const target = new ip.Queue();
  const listener = new ip.Listener();
  const taken = [];
  const exhaust = () => { try { for (;;) taken.push(openSync('/dev/null')); } catch (error) { if (error.code !== 'EMFILE') throw error; } };
  const relieve = () => { for (const one of taken.splice(0)) closeSync(one); };
  const closing = (object) => { for (const one of [object].flat()) one.close(); };
  const calls = {
    Queue: () => closing(new ip.Queue()),
    JoinableQueue: () => closing(new ip.JoinableQueue()),
    PriorityQueue: () => closing(new ip.PriorityQueue()),
    SimpleQueue: () => closing(new ip.SimpleQueue()),
    Pipe: () => closing(ip.Pipe()),
    Value: () => closing(new ip.Value('i', 1)),
    SharedArray: () => closing(new ip.SharedArray('i', 4)),
    Lock: () => closing(new ip.Lock()),
    RLock: () => closing(new ip.RLock()),
    Semaphore: () => closing(new ip.Semaphore(2)),
    Condition: () => closing(new ip.Condition()),
    Event: () => closing(new ip.Event()),
    Barrier: () => closing(new ip.Barrier(2)),
    SharedMemory: () => closing(new ip.SharedMemory({ create: true, size: 100 })),
    ShareableList: () => { const list = new ip.ShareableList([1]); list.shm.unlink(); list.shm.close(); },
    openOrCreate: () => closing(ip.Queue.openOrCreate(name)),
    'open of what is not there': () => ip.Queue.open(name + '-absent'),
    Listener: async () => {
      const one = new ip.Listener();
      try { await one.accept({ timeout: 1 }); } catch (error) { if (error.code !== 'ERR_TIMEOUT') throw error; }
      finally { await one.close(); }
    },
    Client: async () => {
      const controller = new AbortController();
      const accepting = listener.accept({ signal: controller.signal });
      accepting.catch(() => {});
      try {
        const client = await ip.Client(listener.address);
        (await accepting).close();
        client.close();
      } finally { controller.abort(); }
    },
    Process: async () => {
      const child = new ip.Process({ target: idle, module: process.argv[2] });
      child.start();
      await child.join();
      if (child.exitcode !== 0) throw new Error('exit code ' + child.exitcode);
    },
    Pool: async () => {
      const pool = new ip.Pool(1, { module: process.argv[2] });
      try { await pool.apply(idle); } finally { await pool.terminate(); }
    },
  };
  const attempt = async (call) => {
    try {
      const end = call();
      await Promise.race([end, new Promise((_, reject) => setTimeout(reject, 8000, new Error('no end')).unref())]);
      return 'worked';
    }
    catch (error) { return { code: error.code, name: error.constructor.name, message: error.message, ours: error instanceof ip.InterprocError }; }
  };
  const seen = {};
  await attempt(calls.Client); // loads what is loaded at first use
  for (const [what, call] of Object.entries(calls)) {
    exhaust();
    const short = await attempt(call);
    // What goes on while there are none left.
    target.putSync(what);
    const through = await target.get();
    relieve();
    const after = await attempt(call);
    seen[what] = { short, after, through };
  }
  process.stdout.write(JSON.stringify(seen), () => process.exit(0));
`;

interface Seen {
  readonly short: unknown;
  readonly after: unknown;
  readonly through: unknown;
}

const fixture = new URL('fixtures/limits-target.mjs', import.meta.url).href;

describe('without a descriptor left', () => {
  it('every class says EMFILE, what is open goes on, and all works once there are some', async () => {
    const seen = await answerOf<Record<string, Seen>>(script, {
      within,
      args: [nameFor('few'), fixture],
    });
    expect(Object.keys(seen).length).toBe(21);
    for (const [what, { short, after, through }] of Object.entries(seen)) {
      expect.soft({ what, through }).toEqual({ what, through: what });
      if (what.startsWith('open of')) {
        expect.soft({ what, short }).toMatchObject({ short: { code: 'EMFILE', ours: true } });
        expect.soft({ what, after }).toMatchObject({ after: { code: 'ENOENT', ours: true } });
        continue;
      }
      expect.soft({ what, short }).toMatchObject({ short: { code: 'EMFILE' } });
      expect.soft({ what, after }).toEqual({ what, after: 'worked' });
    }
  });
});
