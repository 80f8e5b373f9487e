// Asks all the questions of this folder, prints what comes out, and writes it to results/.
//
//   npm run bench [-- --quick] [--only NAME] [--json FILE] [--out FOLDER] [--resume]
//
// --quick takes fewer and shorter rounds: under a minute, for a first look. --tiny only shows that everything works. --only
// asks one question (may be given again). --json writes the figures to FILE, after every question. --resume takes over from
// that file what a run that was stopped has answered already. --out writes table, JSON and plots to FOLDER; without it, only
// a full run of all questions does so, into results/.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describeMachine, machineLine } from './harness/machine.mjs';
import { printMarks, printQuestion, writeFile, writeResults } from './harness/report.mjs';

const names = [
  'limits',
  'round-trip',
  'round-trip-size',
  'queue-throughput',
  'bytes-throughput',
  'fan',
  'iteration',
  'codec',
  'large',
  'loans',
  'increments',
  'locks',
  'wake',
  'barrier',
  'array-access',
  'start',
  'import',
  'attach',
  'scaling',
  'pool',
  'managers',
  'python',
  'idle',
];

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    tiny: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    json: { type: 'string' },
    out: { type: 'string' },
    resume: { type: 'boolean', default: false },
  },
});

const unknown = options.only?.filter((name) => !names.includes(name)) ?? [];
if (unknown.length > 0) {
  console.error(`no such question: ${unknown.join(', ')} (there are ${names.join(', ')})`);
  process.exit(2);
}
if (options.resume && !options.json) {
  console.error('--resume needs --json FILE: the file that the stopped run wrote');
  process.exit(2);
}

const form = options.tiny ? 'tiny' : options.quick ? 'quick' : 'full';
/** What each question is asked with: `pick(full, quick, tiny)` chooses by the form of this run. */
const request = {
  quick: form !== 'full',
  pick: (full, quick, tiny = quick) => ({ full, quick, tiny })[form],
};

const result = stoppedRun() ?? {
  date: new Date().toISOString().slice(0, 10),
  form,
  machine: describeMachine(),
  seconds: 0,
  questions: [],
};
console.log(machineLine(result.machine));
if (form === 'tiny')
  console.log('The tiny form shows that everything works. Its figures mean nothing.');

for (const name of options.only ?? names) {
  const answered = result.questions.find((question) => question.name === name);
  if (answered) {
    printQuestion(answered, console.log);
    continue;
  }
  const start = performance.now();
  const { title, ask } = await import(`./${name}.mjs`);
  const answer = await ask(request);
  const seconds = (performance.now() - start) / 1000;
  const question = { name, title, seconds, ...answer };
  result.questions.push(question);
  result.seconds += seconds;
  printQuestion(question, console.log);
  if (options.json) writeFile(options.json, `${JSON.stringify(result, null, 1)}\n`);
}

printMarks(result.questions, console.log);
const results = fileURLToPath(new URL('results/', import.meta.url));
const folder = options.out ?? (form === 'full' && !options.only ? results : undefined);
if (folder) writeResults(folder, result);
console.log(`\n${result.seconds.toFixed(0)} s in all`);
process.exitCode = result.questions.some(({ failures }) => failures.length > 0) ? 1 : 0;

function stoppedRun() {
  if (!options.resume || !existsSync(options.json)) return undefined;
  const earlier = JSON.parse(readFileSync(options.json, 'utf8'));
  if (earlier.form !== form) {
    console.error(`${options.json} is of a ${earlier.form} run, and this is a ${form} one`);
    process.exit(2);
  }
  return earlier;
}
