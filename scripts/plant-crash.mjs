// Plants faults in the core, one at a time, and sees that each is noticed: node scripts/plant-crash.mjs [part of a name ...]
//
// A check that cannot fail says nothing. The list (plant/crash.mjs) has the faults that the crash tests and the soak are there for; this
// builds each into a copy of the sources (build/planted) and runs its check there. First the same checks without a fault, which
// must pass. Prints a line for each fault, with the first test that failed. Ends with 1 where a fault is not noticed, does not build, or
// its text is not in the sources any more. Takes about half a minute for each fault: run by hand, not by CI.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { faults } from './plant/crash.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const copy = path.join(root, 'build', 'planted');
/** Longer than any check takes: one that goes on for ever was noticed, too. */
const timeLimitMs = 300_000;
/** Which instruction a signal of the soak meets is up to the machine, so a round may need to be played again. */
const soakAttempts = 3;

function run(command, args, timeout = timeLimitMs) {
  return spawnSync(command, args, {
    cwd: copy,
    encoding: 'utf8',
    timeout,
    killSignal: 'SIGKILL',
    maxBuffer: 1 << 28,
    env: { CMAKE_BUILD_PARALLEL_LEVEL: String(availableParallelism()), ...process.env },
  });
}

function mustRun(command, args) {
  // However long the first build takes.
  const { status, stdout, stderr } = run(command, args, 0);
  if (status !== 0)
    throw new Error(`${command} ${args.join(' ')}:\n${stdout}${stderr}`.slice(-4000));
}

/** Only what is not there yet, so that a second run builds little. */
function copySources() {
  const listed = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' });
  for (const file of listed.split('\0').filter((name) => name !== '')) {
    const from = path.join(root, file);
    const to = path.join(copy, file);
    if (!existsSync(from) || (existsSync(to) && readFileSync(to).equals(readFileSync(from))))
      continue;
    mkdirSync(path.dirname(to), { recursive: true });
    cpSync(from, to);
  }
  const modules = path.join(copy, 'node_modules');
  if (!existsSync(modules)) symlinkSync(path.join(root, 'node_modules'), modules);
}

/** The first test that failed, or nothing. */
function runTests(filter) {
  const { status, signal, stdout } = run(path.join(copy, 'build/native-tests/interproc_tests'), [
    `--test-case=${filter}`,
    '--no-colors=true',
    '--abort-after=1',
  ]);
  if (status === 0) {
    if (!/test cases:\s*[1-9]/.test(stdout)) throw new Error(`no test is called ${filter}`);
    return undefined;
  }
  // A test that passes and says something has its name printed as well.
  const until = stdout.slice(0, Math.max(0, stdout.search(/ERROR: /)));
  const failed = [...until.matchAll(/^TEST CASE: {2}(.*)$/gm)].at(-1)?.[1] ?? '(no test)';
  return signal === 'SIGKILL' ? `${failed} (it went on for ever)` : failed;
}

/** The first fault that the soak found, or nothing. */
function runSoak([seed, ...rounds], attempts) {
  for (let attempt = 0; attempt < attempts; attempt++) {
    for (const round of rounds) {
      const args = ['soak/run.mjs', '--quiet', '--seed', seed, '--round', round];
      const { status, stderr } = run(process.execPath, args);
      if (status !== 0)
        return `soak: ${/^FAULT, (.*)$/m.exec(stderr)?.[1] ?? stderr}`.slice(0, 160);
    }
  }
  return undefined;
}

const isSoak = ({ by }) => by.startsWith('soak ');

/** Builds, and runs who is to notice. */
function check(fault, attempts) {
  const [, filter] = /^native "(.+)"$/.exec(fault.by) ?? [];
  if (filter !== undefined) {
    mustRun('cmake', ['--build', '--preset', 'release-tests', '--target', 'interproc_tests']);
    return runTests(filter);
  }
  mustRun('npm', ['run', '-s', 'build:native']);
  return runSoak(fault.by.split(' ').slice(1), attempts);
}

function plant(fault) {
  const file = path.join(copy, fault.file);
  const text = readFileSync(file, 'utf8');
  const parts = text.split(fault.from);
  if (parts.length !== 2) throw new Error(`stands ${parts.length - 1} times in ${fault.file}`);
  writeFileSync(file, parts.join(fault.to));
  try {
    return check(fault, soakAttempts);
  } finally {
    writeFileSync(file, text);
  }
}

const wanted = process.argv.slice(2);
const chosen = faults.filter(
  ({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)),
);
copySources();
// Without link-time optimisation, which would take longer than all else.
mustRun('cmake', [
  '--preset',
  'release-tests',
  '-DCMAKE_BUILD_TYPE=Debug',
  '-DCMAKE_CXX_FLAGS_DEBUG=-O0',
]);
if (chosen.some(isSoak)) mustRun('npm', ['run', '-s', 'build']);

let bad = chosen.length === 0 ? 1 : 0;
const controls = new Map(chosen.map((fault) => [fault.by, fault]));
for (const control of controls.values()) {
  const found = check(control, 1);
  if (found === undefined) continue;
  console.error(`fails without any fault: ${found}`);
  process.exit(1);
}
for (const fault of chosen) {
  const began = performance.now();
  let verdict;
  try {
    const found = plant(fault);
    verdict = found === undefined ? 'NOT NOTICED' : `noticed by: ${found}`;
    if (found === undefined) bad += 1;
  } catch (error) {
    verdict = `NOT PLANTED: ${error.message}`;
    bad += 1;
  }
  console.log(
    `${fault.name}\n    ${verdict} (${Math.round((performance.now() - began) / 1000)} s)`,
  );
}
console.log(`${chosen.length} faults, ${bad} not as they must be`);
process.exitCode = bad === 0 ? 0 : 1;
