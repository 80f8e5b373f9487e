// Planted faults: node scripts/plant.mjs LIST [--only NAME]... [--by WHO] [--seconds N] [--json FILE] [--tree NAME]
//
// Takes each fault of scripts/plant/lists/LIST.mjs into a copy of the sources, builds, and runs who is to notice it. A check that can
// be taken away without anybody noticing is no check: a fault that nobody notices fails the run, and so does one whose text is
// not in the sources any more. By hand, not in CI: every fault is a build.
//
// A fault is { name, file, from, to, by }: `from` stands in the file exactly once. `edits: [{ file, from, to }]` in place of the three
// where it takes more than one. Who notices it, by:
//   native "NAMES"   C++ tests of these names (doctest's -tc)
//   asan "NAMES"     the same under AddressSanitizer and UndefinedBehaviorSanitizer
//   tsan "NAMES"     the same under ThreadSanitizer
//   fuzz TARGET      the corpus alone, replayed; or new inputs of N seconds (default 20), and then it says so
//   node FILE "NAME" a test file, all of it or the tests of that name (vitest's -t)
//   soak SEED ROUND… one of these rounds of the soak
//   matrix KINDS LANGUAGES COUNT   these cells of the matrix
// First everybody who is to notice something runs without a fault, and must find nothing. --only takes faults whose names hold
// NAME, --by one kind of them. --tree names the copy (build/plant): two runs at a time need two.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { catchersFor } from './plant/catchers.mjs';
import { copySources, planted } from './plant/tree.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', multiple: true },
    by: { type: 'string' },
    seconds: { type: 'string', default: '20' },
    json: { type: 'string' },
    tree: { type: 'string', default: 'plant' },
  },
});
const [list] = positionals;
if (list === undefined) throw new RangeError('say which list: node scripts/plant.mjs LIST');
const { faults } = await import(`./plant/lists/${list}.mjs`);

const wanted = ({ name }) => options.only?.some((part) => name.includes(part)) ?? true;
const asked = faults
  .filter(wanted)
  .flatMap(({ name, by, file, from, to, edits = [{ file, from, to }] }) =>
    [by].flat().map((who) => ({ name, edits, who })),
  )
  .filter(({ who }) => options.by === undefined || who.startsWith(`${options.by} `));
if (asked.length === 0) throw new RangeError('no fault of that name');

const tree = copySources(options.tree);
const look = catchersFor(tree, options);

for (const who of new Set(asked.map((fault) => fault.who))) {
  const { caught, how } = look(who, []);
  if (!caught) continue;
  console.error(`${who} fails without any fault: ${how}`);
  process.exit(1);
}

const results = [];
for (const { name, edits, who } of asked) {
  const began = performance.now();
  let result;
  try {
    result = planted(tree, edits, () => look(who, edits));
  } catch (error) {
    result = { caught: false, how: String(error) };
  }
  const took = Math.round((performance.now() - began) / 1000);
  const verdict = result.caught ? 'caught' : 'MISSED';
  console.log(`${verdict}  ${name}  |  ${who}  |  ${result.how}  (${took} s)`);
  results.push({ name, by: who, ...result });
}
if (options.json !== undefined)
  writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
const missed = results.filter(({ caught }) => !caught).length;
console.log(`${results.length - missed} of ${results.length} caught`);
process.exitCode = missed === 0 ? 0 : 1;
