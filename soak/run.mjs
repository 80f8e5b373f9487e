// Many processes at random on random objects, killed, stopped and started again, and an account of every message.
//
//   npm run soak -- [--minutes 1] [--seed N] [--processes 12] [--round N] [--quiet] [--json]
//
// A seed reproduces the schedule; --round plays one round of it. Ends with 1 where anything was found wrong. See docs/soak.md.
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readdirSync, readlinkSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { playRound } from './round.mjs';
import { planRound } from './schedule.mjs';

const roundLength = 3_000;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(randomInt(2 ** 32)) },
    processes: { type: 'string', default: '12' },
    round: { type: 'string' },
    quiet: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

function number(option, least, most) {
  const value = Number(values[option]);
  if (value >= least && value <= most) return value;
  console.error(`--${option} is a number from ${least} to ${most}, not ${values[option]}`);
  process.exit(2);
}

const minutes = number('minutes', 0.01, 10_000);
const seed = Math.floor(number('seed', 0, 2 ** 32 - 1));
const processes = number('processes', 1, 200);
const only = values.round === undefined ? undefined : number('round', 0, 2 ** 31);

const say = values.json ? () => {} : console.log;
say(`soak: seed ${seed}, ${processes} processes, ${minutes} min`);

const before = new Set(ours());
const descriptors = [];
const began = performance.now();
const totals = {};
const faults = [];
let rounds = 0;

// The round goes to its end, and then there is a summary as well.
let stopping = false;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    stopping = true;
  });
}

for (let index = only ?? 0; ; index++) {
  const plan = planRound(seed, index, { processes, length: roundLength });
  const result = await playRound(plan);
  rounds++;
  for (const [what, count] of Object.entries(result.counts))
    totals[what] = (totals[what] ?? 0) + count;
  descriptors.push(readdirSync('/proc/self/fd').length);
  if (!values.quiet) say(`round ${index}: ${plan.scenes.map(({ kind }) => kind).join(' ')}`);
  for (const fault of result.faults) {
    faults.push({ round: index, fault });
    console.error(`FAULT, seed ${seed}, round ${index}: ${fault}`);
  }
  if (result.faults.length > 0) {
    console.error(
      `again: npm run soak -- --seed ${seed} --round ${index} --processes ${processes}; the journals are in ${result.folder}`,
    );
  }
  if (stopping || only !== undefined || performance.now() - began > minutes * 60_000) break;
}

// What the killed left, the next start of any program removes.
const library = new URL('../dist/index.js', import.meta.url).href;
spawnSync(process.execPath, ['-e', `import(${JSON.stringify(library)})`]);
const mine = readdirSync('/proc/self/fd').map(opened);
for (const file of ours()) {
  if (!before.has(file) && !mine.includes(`/dev/shm/${file}`))
    faults.push({ fault: `left in /dev/shm: ${file}` });
}
// The first rounds open what stays open: this process's doorbell, and those of the 32 processes that it rang last.
const [, second = 0] = descriptors;
if (descriptors.length > 3 && Math.min(...descriptors.slice(-3)) > second + 40) {
  faults.push({
    fault: `descriptors of the conductor went from ${second} to ${descriptors.at(-1)}`,
  });
}

const seconds = Math.round((performance.now() - began) / 1000);
if (values.json) console.log(JSON.stringify({ seed, seconds, rounds, totals, faults }, null, 1));
say(`${rounds} rounds in ${seconds} s`);
for (const [what, count] of Object.entries(totals)) say(`  ${what}: ${count}`);
say(faults.length === 0 ? 'no fault' : `${faults.length} FAULTS`);
for (const { fault, round } of faults) if (round === undefined) say(`  ${fault}`);
process.exitCode = faults.length === 0 ? 0 : 1;

/** What a descriptor of this process leads to, such as its own doorbell. */
function opened(descriptor) {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return undefined; // the one that the directory was read with
  }
}

function ours() {
  return readdirSync('/dev/shm').filter((file) => /^(sem\.)?(interproc|soak-)/.test(file));
}
