// Lets contenders do the same work in turns. Each has processes of its own, which sleep while others work: what one leaves
// behind in a heap or in compiled code touches nobody else.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { launch, launchExport } from './launch.mjs';
import { tails } from './statistics.mjs';

const python = ['/usr/bin/python3', '/usr/local/bin/python3'].find(existsSync) ?? 'python3';
const pythonScript = fileURLToPath(new URL('../contenders/python.py', import.meta.url));
const answerLimitMs = 180_000;

/**
 * Each contender, `{ name, module, export, data }` or `{ name, python, data }`, does a round for `message` and answers with
 * samples by key: `{ hot: { value, times, cpu }, … }`, where `value` is the round's figure, `times` are single latencies and
 * `cpu` is CPU seconds per million. `message` may be a function of the contender's answer to the warm-up: `forAbout`.
 *
 * Gives `{ [name]: { [key]: [sample, …], pooled: { [key]: percentiles of the times of all rounds } } }`, and for one that
 * could not `{ [name]: { failed } }`, or `{ missing }` where it is not installed.
 */
export async function contest(contenders, { rounds, message, warmUp = message }) {
  const results = Object.fromEntries(contenders.map(({ name }) => [name, {}]));
  const entries = contenders.map((contender) => ({
    contender,
    process: start(contender),
    times: {},
  }));
  const inTurns = async (use) => {
    for (let round = 0; round < rounds; round++) {
      for (let i = 0; i < entries.length; i++) {
        // Everybody is first once in a while.
        const entry = entries[(i + round) % entries.length];
        await doRound(entry, results, messageFor(entry, message), (samples) => use(entry, samples));
      }
    }
  };
  try {
    await Promise.all(entries.map((entry) => attempt(entry, results, () => answer(entry.process))));
    for (const entry of entries) {
      await doRound(entry, results, warmUp, (samples) => {
        entry.first = samples;
      });
    }
    await inTurns((entry, samples) => keep(results, entry, samples));
  } finally {
    await Promise.all(entries.map(({ process }) => process.end()));
  }
  for (const { contender, times } of entries) pool(results[contender.name], times);
  return results;
}

/**
 * A message with a `count` that keeps a contender busy for about `ms`, by the rate of its warm-up, whose sample `key` counts
 * `unit` per thing counted. So that slow peers do not take all the time, and fast ones are not over before they began.
 */
export function forAbout(ms, key, { least = 100, most = 1e7, unit = 1, ...more } = {}) {
  return ({ [key]: { value } }) => ({
    count: Math.round(Math.min(most, Math.max(least, ((value / unit) * ms) / 1000))),
    ...more,
  });
}

function messageFor({ first }, message) {
  return typeof message === 'function' && first ? message(first) : message;
}

function start({ name, python: target, module, export: exported, data, watchdog }) {
  if (target === undefined) return launchExport(module, exported, data, { watchdog });
  return launch(python, [pythonScript, JSON.stringify({ target, data })], name);
}

async function doRound(entry, results, message, use) {
  const { failed, missing } = results[entry.contender.name];
  if (failed || missing) return;
  await attempt(entry, results, async () => {
    entry.process.tell(message);
    use(await answer(entry.process));
  });
}

async function attempt(entry, results, work) {
  try {
    await work();
  } catch (error) {
    results[entry.contender.name] = error.missing
      ? { missing: error.message }
      : { failed: error.message };
    await entry.process.kill();
  }
}

async function answer(process) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`no answer in ${answerLimitMs / 1000} s`)),
      answerLimitMs,
    );
  });
  const message = await Promise.race([process.next(), limit]).finally(() => clearTimeout(timer));
  if (message.failed) throw new Error(message.failed);
  if (message.missing) throw Object.assign(new Error(message.missing), { missing: true });
  return message;
}

function keep(results, { contender, times: all }, samples) {
  for (const [key, { times, ...sample }] of Object.entries(samples)) {
    results[contender.name][key] ??= [];
    results[contender.name][key].push(sample);
    if (!times) continue;
    all[key] ??= [];
    all[key].push(times);
  }
}

function pool(result, times) {
  const keys = Object.keys(times);
  if (result.failed || result.missing || keys.length === 0) return;
  result.pooled = Object.fromEntries(keys.map((key) => [key, tails(times[key].flat())]));
}
