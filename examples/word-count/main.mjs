// Counts words, lines and bytes by file type in all files below a directory, in several processes; then once more in one,
// and compares.
//
//   node examples/word-count/main.mjs [DIR]       (default: the nearest node_modules)
//
// One process lists the files, one per processor counts, one adds up; queues join them, and shared values show how far they
// are. Exit codes: 0 same result both times, 1 another one, 2 no such directory, 3 a process failed.
import { statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { cpuCount, isMainProcess, Process, Queue } from 'interproc';
import { aggregate } from './aggregate.mjs';
import { countFromQueue } from './count.mjs';
import { listFiles } from './list.mjs';
import { closeProgress, createProgress, secondsSinceBegin, showProgress } from './progress.mjs';
import { printSkipped, printSpeeds, printTable } from './report.mjs';
import { countAlone, differences } from './single.mjs';

// A child finds its target among the exports of the main script.
export { aggregate, countFromQueue, listFiles };

function isDirectory(candidate) {
  return statSync(candidate, { throwIfNoEntry: false })?.isDirectory() === true;
}

function nearestNodeModules() {
  let folder = path.dirname(fileURLToPath(import.meta.url));
  for (;;) {
    if (path.basename(folder) === 'node_modules') return folder;
    if (isDirectory(path.join(folder, 'node_modules'))) return path.join(folder, 'node_modules');
    if (folder === path.dirname(folder)) return undefined;
    folder = path.dirname(folder);
  }
}

/** Waits for the result, or for the first process that fails. */
function resultOf(queue, processes) {
  const stop = new AbortController();
  const failure = new Promise((_, reject) => {
    for (const stage of processes) {
      stage.on('error', reject);
      stage.on('exit', () => {
        if (stage.exitcode !== 0) reject(new Error(`${stage.name} ended with ${stage.exitcode}`));
      });
    }
  });
  return Promise.race([queue.get({ signal: stop.signal }), failure]).finally(() => stop.abort());
}

async function countTogether(directory) {
  const counters = cpuCount();
  const files = new Queue({ maxsize: 4096 });
  const partials = new Queue();
  const result = new Queue();
  const progress = createProgress();
  const processes = [
    new Process({
      target: listFiles,
      name: 'list',
      args: [directory, counters, files, partials, progress],
    }),
    ...Array.from(
      { length: counters },
      (_, i) =>
        new Process({
          target: countFromQueue,
          name: `count ${i + 1}`,
          args: [files, partials, progress],
        }),
    ),
    new Process({ target: aggregate, name: 'add up', args: [counters + 1, partials, result] }),
  ];

  const display = showProgress(progress, process.stdout);
  try {
    for (const stage of processes) stage.start();
    const counted = await resultOf(result, processes);
    const seconds = secondsSinceBegin(progress);
    for (const stage of processes) await stage.join();
    return { result: counted, seconds };
  } finally {
    display.stop();
    for (const stage of processes) if (stage.isAlive()) stage.terminate();
    for (const queue of [files, partials, result]) queue.close();
    closeProgress(progress);
  }
}

/** Does `work`, and says how long the whole took. */
async function timed(name, work) {
  const start = performance.now();
  const { result, seconds } = await work();
  const total = (performance.now() - start) / 1000;
  return { name, result, total, seconds: seconds ?? total };
}

async function main(directory) {
  if (directory === undefined || !isDirectory(directory)) {
    console.error(`word-count: ${directory ?? 'node_modules'}: no such directory`);
    return 2;
  }
  console.log(`counting in ${directory}`);
  const together = await timed(`${cpuCount() + 2} processes`, () => countTogether(directory));
  if (together.result.types.length === 0) console.log(`no files in ${directory}`);
  printTable(together.result, console.log);
  printSkipped(together.result, console.log);

  const alone = await timed('1 process, second pass', () => ({
    result: countAlone(directory),
  }));
  const differing = differences(together.result, alone.result);
  printSpeeds(together.result, [together, alone], console.log);
  const faster = (alone.seconds / together.seconds).toFixed(2);
  const withStart = (alone.seconds / together.total).toFixed(2);
  console.log(
    `together ${faster} times as fast as alone (${withStart} with the start of the processes)`,
  );
  if (differing.length === 0) {
    console.log('results identical');
    return 0;
  }
  console.log(`results differ:\n${differing.join('\n')}`);
  return 1;
}

if (isMainProcess) {
  try {
    process.exitCode = await main(process.argv[2] ?? nearestNodeModules());
  } catch (error) {
    console.error(`word-count: ${error.stack ?? error}`);
    process.exitCode = 3;
  }
}
