// Checks the models with spin, then their mutations, each of which must be caught: npm run model [-- name ...]
// Needs spin and gcc. Prints a table; the exit code is not 0 where a model fails or a mutation passes.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const folder = fileURLToPath(new URL('.', import.meta.url));
const timeLimitMs = 10 * 60_000;

/** `holds`: what the model must satisfy. `mutations`: macros that break it, one at a time. */
const checks = [
  {
    name: 'two waiters, two wakers',
    model: 'wake.pml',
    define: ['MONITOR'],
    mutations: [
      'NO_WAITER_FENCE',
      'NO_WAKER_FENCE',
      'NO_SECOND_LOOK',
      'SIGNAL_READ_LATE',
      'NO_SIGNAL',
      'WAKE_BEFORE_PUBLISH',
    ],
  },
  {
    name: 'sleeps end early',
    model: 'wake.pml',
    define: ['MONITOR', 'WAKERS=1', 'EARLY=2'],
  },
  {
    name: 'a waiter and an event loop',
    model: 'wake.pml',
    define: ['MONITOR', 'LOOPS=1'],
    mutations: ['NO_WAITER_FENCE', 'NO_SECOND_LOOK', 'BELL_READ_LATE', 'MODE_AFTER_BIT'],
  },
  { name: 'two event loops', model: 'wake.pml', define: ['MONITOR', 'LOOPS=2'] },
  {
    name: 'an event wakes everyone',
    model: 'wake.pml',
    define: ['MONITOR', 'EVERYONE', 'WAITERS=3', 'WAKERS=1'],
    mutations: ['NO_WAITER_FENCE', 'WAKE_ONE'],
  },
  {
    name: 'a wait is aborted',
    model: 'wake.pml',
    define: ['MONITOR', 'LOOPS=1', 'WAKERS=1', 'GIVE_UP=3'],
    mutations: ['NO_PASS_WAKE'],
  },
  {
    name: 'a blocking wait gives up',
    model: 'wake.pml',
    define: ['MONITOR', 'WAKERS=1', 'GIVE_UP=2'],
    mutations: ['NO_PASS_WAKE'],
  },
  {
    name: 'a thread blocks beside its event loop',
    model: 'wake.pml',
    define: ['MONITOR', 'LOOPS=1', 'WAKERS=1', 'BLOCKS'],
  },
  {
    name: 'a thread blocks, and nobody else waits',
    model: 'wake.pml',
    define: ['MONITOR', 'LOOPS=1', 'WAITERS=1', 'WAKERS=1', 'BLOCKS'],
    mutations: ['TAKE_SHARED_BIT'],
  },
  {
    name: 'the chosen one dies first',
    model: 'wake.pml',
    define: ['MONITOR', 'CORPSE', 'WAKERS=1'],
    mutations: ['NO_ALIVE_CHECK'],
  },
  {
    name: 'its slot has a new owner',
    model: 'wake.pml',
    define: ['MONITOR', 'CORPSE', 'HEIR', 'WAKERS=1'],
    mutations: ['NO_FORGET', 'NO_HEIR_WAKE'],
  },
  {
    name: 'anyone dies at any step',
    model: 'wake.pml',
    define: ['SLICE', 'DEATHS=1', 'WAKERS=1'],
    progress: true,
    mutations: ['NO_SLICE'],
  },
  {
    name: 'lock, two slots',
    model: 'lock.pml',
    define: [],
    mutations: [
      'GENERATIONS=1',
      'NO_KERNEL',
      'NO_TAKEOVER',
      'RELOAD',
      'STORE_TAKEOVER',
      'RELEASE_EARLY',
    ],
  },
  { name: 'lock, three slots', model: 'lock.pml', define: ['SLOTS=3', 'LIVES=1'] },
  {
    name: 'lock, slots used again',
    model: 'lock.pml',
    define: ['LIVES=3'],
    mutations: ['GENERATIONS=2'],
  },
];

async function verify({ model, define, progress = false, mutation }) {
  const work = await mkdtemp(path.join(tmpdir(), 'model-'));
  const started = performance.now();
  const options = { cwd: work, timeout: timeLimitMs, maxBuffer: 1 << 26 };
  try {
    const macros = define.map((macro) => `-D${macro}`);
    await run('spin', ['-a', ...macros, path.join(folder, model)], options);
    // A mutation is caught long before the optimiser pays.
    const level = mutation === '' ? '-O2' : '-O0';
    const kind = progress ? '-DNP' : '-DSAFETY';
    // A state that did not fit the memory would be a state that was not looked at: pan says so, and it counts as a failure.
    await run('gcc', ['-w', level, kind, '-DMEMLIM=3000', '-o', 'pan', 'pan.c'], options);
    const { stdout } = await run('./pan', ['-m100000', ...(progress ? ['-l'] : [])], options);
    const errors = Number(/errors: (\d+)/.exec(stdout)?.[1] ?? Number.NaN);
    return {
      errors,
      states: Number(/(\S+) states, stored/.exec(stdout)?.[1]),
      depth: Number(/depth reached (\d+)/.exec(stdout)?.[1]),
      complete: !/Search not completed|max search depth too small|out of memory/.test(stdout),
      why: /^pan:\d+: (.*?)(?: \(at depth.*)?$/m.exec(stdout)?.[1] ?? '',
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

const wanted = process.argv.slice(2);
const jobs = [];
for (const { mutations = [], ...check } of checks) {
  if (wanted.length > 0 && !wanted.some((part) => check.name.includes(part))) continue;
  jobs.push({ ...check, mutation: '' });
  for (const mutation of mutations) {
    // The last definition of a macro wins in neither preprocessor: the check's own one is replaced.
    const [key] = mutation.split('=');
    const rest = check.define.filter((macro) => macro.split('=')[0] !== key);
    jobs.push({ ...check, define: [...rest, mutation], mutation });
  }
}

let bad = 0;
function report({ name, mutation }, { errors, states, depth, complete, why, seconds }) {
  const good = mutation === '' ? errors === 0 && complete : errors > 0;
  if (!good) bad += 1;
  const verdict = mutation === '' ? (good ? 'holds' : 'FAILS') : good ? 'caught' : 'NOT CAUGHT';
  const counts = `${String(states).padStart(9)} states  depth ${String(depth).padStart(4)}  ${seconds.toFixed(1).padStart(5)} s`;
  const what = `${name}${mutation === '' ? '' : `, ${mutation}`}`;
  console.log(`${verdict.padEnd(10)} ${what.padEnd(48)} ${counts}  ${why}`.trimEnd());
}

const queue = jobs.map((job, index) => ({ job, index }));
const results = [];
let printed = 0;
async function work() {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    results[next.index] = await verify(next.job);
    for (; results[printed] !== undefined; printed += 1) report(jobs[printed], results[printed]);
  }
}
await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work));
const models = jobs.filter(({ mutation }) => mutation === '').length;
console.log(`${models} models, ${jobs.length - models} mutations, ${bad} not as they must be`);
if (bad > 0 || jobs.length === 0) process.exitCode = 1;
