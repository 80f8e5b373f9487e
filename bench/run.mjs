// Asks all the questions of this folder, prints what comes out, and writes it to results/.
//
//   npm run bench [-- --quick] [--only NAME] [--json FILE]
//
// --quick takes fewer and shorter rounds: under a minute, for a first look. --only asks one question. Only a full run
// replaces results/latest.json and results/latest.md.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describeMachine, machineLine } from './harness/machine.mjs';
import { markdown, printQuestion, writeFile } from './harness/report.mjs';

const names = [
  'round-trip',
  'queue-throughput',
  'large',
  'increments',
  'locks',
  'wake',
  'barrier',
  'array-access',
  'start',
  'attach',
  'pool',
  'idle',
];

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    json: { type: 'string' },
  },
});

const unknown = options.only?.filter((name) => !names.includes(name)) ?? [];
if (unknown.length > 0) {
  console.error(`no such question: ${unknown.join(', ')} (there are ${names.join(', ')})`);
  process.exit(2);
}

const machine = describeMachine();
const started = performance.now();
const secondsSince = (start) => (performance.now() - start) / 1000;
console.log(machineLine(machine));

const questions = [];
for (const name of options.only ?? names) {
  const start = performance.now();
  const { title, ask } = await import(`./${name}.mjs`);
  const answer = await ask({ quick: options.quick });
  const question = { name, title, seconds: secondsSince(start), ...answer };
  questions.push(question);
  printQuestion(question, console.log);
}

const result = {
  date: new Date().toISOString().slice(0, 10),
  quick: options.quick,
  machine,
  seconds: secondsSince(started),
  questions,
};
const json = `${JSON.stringify(result, null, 1)}\n`;
if (options.json) writeFile(options.json, json);
if (!options.quick && !options.only) {
  const results = fileURLToPath(new URL('results/', import.meta.url));
  writeFile(`${results}latest.json`, json);
  writeFile(`${results}latest.md`, markdown(result));
}
console.log(`\n${secondsSince(started).toFixed(0)} s in all`);
process.exitCode = questions.some(({ failures }) => failures.length > 0) ? 1 : 0;
