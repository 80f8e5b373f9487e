// Every language against every other, on every kind of object. See README.md.
//
//   npm run matrix [-- --languages node,python,c] [--kinds queue,pipe] [--count 100000] [--seed N] [--only exchange|kill]
import { availableParallelism } from 'node:os';
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { exchange, kinds, survive } from './cell.mjs';
import { build, languages } from './languages.mjs';

const { values } = parseArgs({
  options: {
    languages: { type: 'string', default: languages.join() },
    kinds: { type: 'string', default: kinds.join() },
    count: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
    only: { type: 'string', default: 'exchange,kill' },
  },
});

function chosen(option, known) {
  const names = values[option].split(',');
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length === 0) return names;
  console.error(`--${option}: ${unknown.join()} is none of ${known.join()}`);
  process.exit(2);
}

const wanted = chosen('languages', languages);
const parts = chosen('only', ['exchange', 'kill']);
const objects = chosen('kinds', kinds);
const [count, seed] = [Number(values.count), Number(values.seed)];
if (!Number.isSafeInteger(count) || count < 2 || count % 2 !== 0 || !Number.isSafeInteger(seed)) {
  console.error('--count is an even number from 2, --seed a number');
  process.exit(2);
}

const began = performance.now();
build(wanted);

const plans = [];
for (const kind of objects) {
  for (const writer of wanted) {
    for (const reader of wanted) {
      const cell = {
        kind,
        writer,
        reader,
        count,
        name: `interproc-matrix-${process.pid}-${plans.length}`,
      };
      const title = `${kind}, ${writer} to ${reader}`;
      if (parts.includes('exchange')) plans.push({ title, run: () => exchange(cell) });
      if (!parts.includes('kill')) continue;
      for (const victim of ['writer', 'reader']) {
        const name = `${cell.name}-${victim}`;
        const random = randomOf(seed + plans.length);
        plans.push({
          title: `${title}, ${victim} killed`,
          killed: true,
          run: () => survive({ ...cell, name, victim, random }),
        });
      }
    }
  }
}

/** Numbers below `limit` that a seed repeats (mulberry32). */
function randomOf(start) {
  let state = start >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

const failures = [];

async function runAll(some, atOnce) {
  const queue = [...some];
  const one = async () => {
    for (let plan = queue.shift(); plan !== undefined; plan = queue.shift()) {
      const start = performance.now();
      try {
        await plan.run();
      } catch (error) {
        failures.push(plan.title);
        console.error(`FAILED ${plan.title}: ${error.message}`);
      }
      plan.seconds = (performance.now() - start) / 1000;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}

// An exchange has two to four processes at work. A cell with a kill in it mostly waits for processes to begin.
await runAll(
  plans.filter(({ killed }) => !killed),
  Math.max(1, availableParallelism() >> 1),
);
await runAll(
  plans.filter(({ killed }) => killed),
  availableParallelism(),
);

for (const kind of objects) {
  const title = (writer, reader) => `${kind}, ${writer} to ${reader}`;
  const rows = wanted.map((writer) => {
    const cells = wanted.map((reader) => {
      const [whole] = plans.filter((plan) => plan.title === title(writer, reader));
      const failed = failures.some((name) => name.startsWith(title(writer, reader)));
      return [
        `to ${reader}`,
        failed ? 'FAILED' : whole === undefined ? 'ok' : `ok ${whole.seconds.toFixed(1)} s`,
      ];
    });
    return [writer, Object.fromEntries(cells)];
  });
  console.log(`\n${kind}`);
  console.table(Object.fromEntries(rows));
}

const seconds = ((performance.now() - began) / 1000).toFixed(0);
console.log(
  `${plans.length - failures.length} of ${plans.length} hold, ${seconds} s, seed ${seed}`,
);
process.exitCode = failures.length > 0 ? 1 : 0;
