import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerOf } from './helpers/segments.js';

let folder: string;
let preload: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'interproc-clock-'));
  preload = join(folder, 'clock.so');
  const source = fileURLToPath(new URL('fixtures/limits-clock.c', import.meta.url));
  execFileSync(process.env['CC'] ?? 'gcc', ['-shared', '-fPIC', '-o', preload, source, '-ldl']);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Every limited wait that finds nothing, in both forms: how long it took, by a clock that is not stepped. */
const script = `
  const stepped = new Set(Array.from({ length: 12 }, () => Math.round(Date.now() / 1.8e6))).size > 3;
  const empty = new ip.Queue();
  const joinable = new ip.JoinableQueue();
  joinable.putSync(1);
  const full = new ip.Queue(1);
  full.putSync(1);
  const priority = new ip.PriorityQueue();
  const [a, b] = ip.Pipe();
  const event = new ip.Event();
  const semaphore = new ip.Semaphore(0);
  const barrier = () => new ip.Barrier(2);
  const condition = new ip.Condition();
  const lock = new ip.Lock();
  const rlock = new ip.RLock();
  const value = new ip.Value('i', 0);
  // Another thread holds the locks.
  const { Worker } = await import('node:worker_threads');
  const holder = new Worker(\`
    const { parentPort, workerData } = require('node:worker_threads');
    import(workerData.library).then((ip) => {
      // Kept: a handle that the garbage collector finds lets go of its lock.
      globalThis.held = workerData.handles.map((handle) => ip.attach(handle));
      for (const one of globalThis.held) one.acquireSync();
      parentPort.postMessage('held');
      setInterval(() => {}, 1000);
    });\`, { eval: true, execArgv: [], workerData: { library: process.argv[1], handles: [lock, rlock, value].map((one) => one.toJSON()) } });
  await new Promise((resolve) => holder.once('message', resolve));
  const timeout = 250;
  const limit = { timeout };
  const waits = {
    'get': () => empty.get(limit), 'getSync': () => empty.getSync(limit),
    'getMany': () => empty.getMany(2, limit), 'getManySync': () => empty.getManySync(2, limit),
    'put': () => full.put(2, limit), 'putSync': () => full.putSync(2, limit),
    'putMany': () => full.putMany([2], limit), 'putManySync': () => full.putManySync([2], limit),
    'priority get': () => priority.get(limit), 'priority getSync': () => priority.getSync(limit),
    'join': () => joinable.join(limit), 'joinSync': () => joinable.joinSync(limit),
    'recv': () => a.recv(limit), 'recvSync': () => a.recvSync(limit),
    'poll': () => a.poll(timeout), 'pollSync': () => a.pollSync(timeout),
    'event': () => event.wait(limit), 'event sync': () => event.waitSync(limit),
    'semaphore': () => semaphore.acquire(limit), 'semaphore sync': () => semaphore.acquireSync(limit),
    'barrier': () => barrier().wait(limit), 'barrier sync': () => barrier().waitSync(limit),
    'condition': () => condition.run?.(() => condition.wait(limit)) ?? (condition.acquireSync(), condition.wait(limit).finally(() => condition.release())),
    'condition sync': () => { condition.acquireSync(); try { return condition.waitSync(limit); } finally { condition.release(); } },
    'lock': () => lock.acquire(limit), 'lock sync': () => lock.acquireSync(limit),
    'rlock': () => rlock.acquire(limit), 'rlock sync': () => rlock.acquireSync(limit),
    'value': () => value.acquire(limit), 'value sync': () => value.acquireSync(limit),
    'wait': () => ip.wait([a, empty], limit), 'waitSync': () => ip.waitSync([a, empty], limit),
  };
  const took = {};
  for (const [what, act] of Object.entries(waits)) {
    const start = performance.now();
    try { await act(); } catch (error) { if (error.code === undefined) throw error; }
    took[what] = performance.now() - start;
  }
  await holder.terminate();
  console.log(JSON.stringify({ stepped, took }));`;

describe('a wall clock that is stepped all the time', () => {
  it('changes no limited wait of any class: each takes its time, no less and not much more', async () => {
    const library = new URL('../dist/index.js', import.meta.url).href;
    const { stepped, took } = await answerOf<{ stepped: boolean; took: Record<string, number> }>(
      script,
      { args: [library], env: { LD_PRELOAD: preload } },
    );
    expect(stepped).toBe(true);
    expect(Object.keys(took).length).toBe(32);
    for (const [what, milliseconds] of Object.entries(took)) {
      expect.soft(milliseconds, what).toBeGreaterThan(245);
      expect.soft(milliseconds, what).toBeLessThan(10_000);
    }
  });
});
