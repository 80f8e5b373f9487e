// Creates, uses and closes every kind of object many times over, and looks for what stays: memory, descriptors, threads, mappings,
// files in /dev/shm. Then runs the examples, and looks for what they left.
//
//   npm run leaks -- [--rounds 10000] [--only NAME]
import { parseArgs } from 'node:util';
import { exampleNames, runExample, runSubject } from './leaks/run.mjs';
import { subjects } from './leaks/subjects.mjs';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '10000' },
    only: { type: 'string', multiple: true },
  },
});
const rounds = Number(options.rounds);
if (!(Number.isInteger(rounds) && rounds > 0)) {
  console.error(`--rounds must be a positive integer, not ${options.rounds}`);
  process.exit(2);
}
const wanted = (name) => options.only === undefined || options.only.includes(name);
const unknown =
  options.only?.filter((name) => !(name in subjects) && !exampleNames.includes(name)) ?? [];
if (unknown.length > 0) {
  console.error(`no such subject: ${unknown.join(', ')}`);
  process.exit(2);
}

const KiB = (bytes) => `${(bytes / 1024).toFixed(0)}`;
let leaks = 0;
console.log(
  'subject                       rounds     s   heap KiB  external KiB  rss KiB  descriptors  maps  files',
);
for (const name of Object.keys(subjects).filter(wanted)) {
  const { samples, ms, grown, ...done } = await runSubject(name, rounds);
  const more = (what) => samples.at(-1)[what] - samples[0][what];
  console.log(
    `${name.padEnd(28)} ${String(done.rounds).padStart(7)} ${(ms / 1000).toFixed(1).padStart(5)} ` +
      `${KiB(more('heap')).padStart(10)} ${KiB(more('external')).padStart(13)} ${KiB(more('rss')).padStart(8)} ` +
      `${String(more('descriptors')).padStart(12)} ${String(more('maps')).padStart(5)} ${String(more('files')).padStart(6)}`,
  );
  for (const { text } of grown) console.log(`  LEAK: ${text}`);
  leaks += grown.length;
}
for (const name of exampleNames.filter(wanted)) {
  const { left } = await runExample(name);
  console.log(
    `examples/${name}: ${left.length === 0 ? 'left nothing' : `LEFT ${left.join(', ')}`}`,
  );
  leaks += left.length;
}
process.exitCode = leaks > 0 ? 1 : 0;
