// Fuzzing: node scripts/fuzz.mjs [--seconds N] [--target T] [--replay] [--minimize]
//
// Builds the libFuzzer targets in native/fuzz (clang, AddressSanitizer, UndefinedBehaviorSanitizer), replays the corpus of
// each and then looks for new inputs for N seconds (default 10). `--replay` ends after the corpus. `--target` names one
// of them, or `codec` or `shareable-list`, which vitest runs: test/fuzz-*.test.ts. `--minimize` takes what was found
// since into the corpus, as few inputs as reach all there is to reach.
//
// Found inputs are kept in build/fuzz/found/TARGET; one that breaks something in build/fuzz/TARGET-crash-HASH (or timeout-,
// leak-, oom-). Once it is mended, its input belongs in native/fuzz/faults/TARGET, which is replayed as well and never minimized.
import { createHash } from 'node:crypto';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ownSharedMemory } from './own-shm.mjs';
import { buildPreset } from './preset.mjs';

const script = fileURLToPath(import.meta.url);
const root = path.dirname(path.dirname(script));
const binaries = path.join(root, 'build', 'native-fuzz');
const corpora = path.join(root, 'native', 'fuzz', 'corpus');
const faults = path.join(root, 'native', 'fuzz', 'faults');
const work = path.join(root, 'build', 'fuzz');
const scripted = ['codec', 'shareable-list'];
const compiled = readdirSync(path.join(root, 'native', 'fuzz'))
  .filter((file) => file.endsWith('.cc') && file !== 'support.cc')
  .map((file) => file.slice(0, -3))
  .sort();

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    target: { type: 'string' },
    replay: { type: 'boolean', default: false },
    minimize: { type: 'boolean', default: false },
  },
});
const seconds = Number(options.seconds);
if (!Number.isInteger(seconds) || seconds < 1)
  throw new RangeError('--seconds is a whole number from 1');
const targets = options.target === undefined ? [...compiled, ...scripted] : [options.target];
for (const target of targets) {
  if (![...compiled, ...scripted].includes(target))
    throw new RangeError(`no such target: ${target}`);
}

/** The targets make files of chosen names and sweep: they get a /dev/shm of their own. */
function moveToOwnSharedMemory() {
  if (process.env.INTERPROC_FUZZ_PRIVATE_SHM) return;
  const alone = ownSharedMemory('2g');
  if (alone === undefined)
    throw new Error('fuzzing needs a /dev/shm of its own: run it where unshare(1) may mount one');
  const [command, ...args] = [...alone, process.execPath, script, ...process.argv.slice(2)];
  const { status } = spawnSync(command, args, {
    stdio: 'inherit',
    env: { ...process.env, INTERPROC_FUZZ_PRIVATE_SHM: '1' },
  });
  process.exit(status ?? 1);
}

const sanitizers = {
  ASAN_OPTIONS: 'detect_stack_use_after_return=1',
  UBSAN_OPTIONS: 'print_stacktrace=1',
};

/** Resolves with whether a target's program ended well, and what it said; that is printed where it did not. */
function ended(target, command, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: (seconds + 300) * 1000,
      killSignal: 'SIGKILL',
      ...options,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output = (output + text).slice(-1_000_000);
      });
    }
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code !== 0) console.log(`${output}\n${target}: ended with ${signal ?? code}`);
      resolve({ good: code === 0, output });
    });
  });
}

function fuzz(target, args) {
  const limits = [
    '-timeout=10',
    '-rss_limit_mb=4096',
    '-max_len=1500',
    `-artifact_prefix=${work}/${target}-`,
  ];
  return ended(target, path.join(binaries, `fuzz_${target}`), [...limits, ...args], {
    cwd: work,
    env: { ...sanitizers, ...process.env },
  });
}

function filesIn(folder) {
  return existsSync(folder) ? readdirSync(folder).map((file) => path.join(folder, file)) : [];
}

/** Runs one target: what is known, then new inputs. */
async function check(target) {
  const corpus = path.join(corpora, target);
  const inputs = [...filesIn(corpus), ...filesIn(path.join(faults, target))];
  if (inputs.length === 0) throw new Error(`no corpus for ${target}`);
  const replay = await fuzz(target, inputs);
  const replayed = replay.output.match(/^Executed /gm)?.length ?? 0;
  console.log(`${target}: ${replayed} of ${inputs.length} inputs replayed`);
  if (!replay.good || replayed !== inputs.length) return false;
  if (options.replay) return true;
  const found = path.join(work, 'found', target);
  mkdirSync(found, { recursive: true });
  const { good, output } = await fuzz(target, [`-max_total_time=${seconds}`, found, corpus]);
  const runs = /^Done (\d+) runs/m.exec(output)?.[1];
  console.log(`${target}: ${runs ?? 'no'} new inputs run`);
  return good && runs !== undefined;
}

/** One that vitest runs: what is known, and new inputs where they are asked for. */
async function checkScripted(target) {
  const more = options.replay ? {} : { INTERPROC_FUZZ_SECONDS: String(seconds) };
  const { good } = await ended(target, 'npx', ['vitest', 'run', `test/fuzz-${target}.test.ts`], {
    cwd: root,
    env: { ...process.env, ...more },
  });
  console.log(`${target}: ${good ? 'nothing found' : 'FAILED'}`);
  return good;
}

/** The corpus anew: edges alone decide what is kept, so it stays small. */
async function minimize(target) {
  const [corpus, found] = [path.join(corpora, target), path.join(work, 'found', target)];
  const merged = path.join(work, 'merged', target);
  rmSync(merged, { recursive: true, force: true });
  mkdirSync(merged, { recursive: true });
  const from = [corpus, found].filter((folder) => existsSync(folder));
  const { good } = await fuzz(target, ['-set_cover_merge=1', '-use_counters=0', merged, ...from]);
  if (!good) return false;
  rmSync(corpus, { recursive: true, force: true });
  mkdirSync(corpus, { recursive: true });
  for (const file of readdirSync(merged)) {
    const hash = createHash('sha1')
      .update(readFileSync(path.join(merged, file)))
      .digest('hex');
    renameSync(path.join(merged, file), path.join(corpus, hash));
  }
  console.log(`${target}: ${readdirSync(corpus).length} inputs`);
  return true;
}

moveToOwnSharedMemory();
mkdirSync(work, { recursive: true });
const native = targets.filter((target) => compiled.includes(target));
if (native.length > 0) {
  const names = native.map((name) => `fuzz_${name}`);
  buildPreset('fuzz', { folder: 'native-fuzz', compiler: 'only clang', targets: names });
}
let good = true;
const queue = options.minimize ? native : targets;
async function runQueue() {
  for (let target = queue.shift(); target !== undefined; target = queue.shift()) {
    const one = options.minimize ? minimize : scripted.includes(target) ? checkScripted : check;
    if (!(await one(target))) good = false;
  }
}
await Promise.all(Array.from({ length: availableParallelism() }, runQueue));
process.exitCode = good ? 0 : 1;
