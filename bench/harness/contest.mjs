// Lets contenders do the same work in turns. Each has processes of its own, which sleep while others work: what one leaves
// behind in a heap or in compiled code touches nobody else.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { launch, launchExport } from './launch.mjs';

const python = ['/usr/bin/python3', '/usr/local/bin/python3'].find(existsSync) ?? 'python3';
const pythonScript = fileURLToPath(new URL('../contenders/python.py', import.meta.url));
const answerLimitMs = 180_000;

/**
 * Each contender, `{ name, module, export, data }` or `{ name, python, data }`, does a round for `message` and answers with
 * samples by key, `{ hot: { value, p99 }, … }`. Gives the samples of all rounds, `{ [name]: { [key]: [sample, …] } }`, or
 * `{ [name]: { failed } }` for one that could not.
 */
export async function contest(contenders, { rounds, message, warmUp = message }) {
  const results = Object.fromEntries(contenders.map(({ name }) => [name, {}]));
  const running = [];
  try {
    for (const contender of contenders) {
      const entry = { contender, process: start(contender) };
      running.push(entry);
      await attempt(entry, results, () => answer(entry.process));
    }
    for (const entry of running) await doRound(entry, results, warmUp, () => {});
    for (let round = 0; round < rounds; round++) {
      for (let i = 0; i < running.length; i++) {
        // Everybody is first once in a while.
        const entry = running[(i + round) % running.length];
        await doRound(entry, results, message, (samples) => keep(results, entry, samples));
      }
    }
  } finally {
    await Promise.all(running.map(({ process }) => process.end()));
  }
  return results;
}

function start({ name, python: target, module, export: exported, data, watchdog }) {
  if (target === undefined) return launchExport(module, exported, data, { watchdog });
  return launch(python, [pythonScript, JSON.stringify({ target, data })], name);
}

async function doRound(entry, results, message, use) {
  if (results[entry.contender.name].failed) return;
  await attempt(entry, results, async () => {
    entry.process.tell(message);
    use(await answer(entry.process));
  });
}

async function attempt(entry, results, work) {
  try {
    await work();
  } catch (error) {
    results[entry.contender.name] = { failed: error.message };
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
  return message;
}

function keep(results, { contender }, samples) {
  for (const [key, sample] of Object.entries(samples)) {
    results[contender.name][key] ??= [];
    results[contender.name][key].push(sample);
  }
}
