// Builds and runs the C++ tests: node scripts/test-native.mjs [preset ...] [-- doctest options]
// Presets: release-tests (the default), asan, tsan. Several are built one after the other and run at the same time, each on one of
// the processors: a test mostly waits for its children, and works in one of them at a time. What each says is printed when it ends.
// Where INTERPROC_NATIVE_REPORT names a file, a line "preset passed failed" is added to it for each.
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ownSharedMemory } from './own-shm.mjs';
import { buildPreset, works } from './preset.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const folders = {
  'release-tests': 'native-tests',
  asan: 'native-asan',
  tsan: 'native-tsan',
};
const timeLimit = 15 * 60;

const sanitizerOptions = {
  ASAN_OPTIONS: 'detect_stack_use_after_return=1:strict_string_checks=1',
  UBSAN_OPTIONS: 'print_stacktrace=1',
  TSAN_OPTIONS: 'halt_on_error=1:second_deadlock_stack=1:die_after_fork=0',
};

/** What the tests make and sweep is theirs alone, so that others may run beside them; and they must leave nothing. */
const alone = ownSharedMemory('2g');
const leavesNothing = `"$@"; code=$?; left=$(ls -A /dev/shm)
[ -z "$left" ] || { echo "left in /dev/shm:" $left; exit 1; }; exit $code`;

/** Resolves with how many test cases passed and failed; a crash counts as a failure. Prints what it says, `atEnd` only then. */
function test(preset, options, atEnd) {
  const binary = path.join(root, 'build', folders[preset], 'interproc_tests');
  const command = [binary, '--no-colors=true', '--duration=true', ...options];
  // Its shadow memory does not fit every layout that address randomisation makes.
  if (preset === 'tsan' && works('setarch', ['--addr-no-randomize', 'true'])) {
    command.unshift('setarch', '--addr-no-randomize');
  }
  command.unshift('timeout', '--foreground', '--signal=KILL', String(timeLimit));
  if (alone !== undefined) command.unshift(...alone, 'sh', '-c', leavesNothing, 'sh');
  return new Promise((resolve, reject) => {
    const child = spawn(command[0], command.slice(1), {
      cwd: root,
      stdio: ['ignore', 'pipe', atEnd ? 'pipe' : 'inherit'],
      env: { ...sanitizerOptions, ...process.env },
    });
    let output = '';
    const say = (text) => {
      output += text;
      if (!atEnd) process.stdout.write(text);
    };
    child.stdout.setEncoding('utf8').on('data', say);
    child.stderr?.setEncoding('utf8').on('data', say);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const summary = /test cases:\s*\d+\s*\|\s*(\d+) passed\s*\|\s*(\d+) failed/.exec(output);
      const passed = Number(summary?.[1] ?? 0);
      let failed = Number(summary?.[2] ?? 0);
      if (code !== 0 || passed === 0) failed ||= 1;
      if (atEnd) process.stdout.write(`\n---- ${preset}\n${output}`);
      console.log(
        `${preset}: ${passed} passed, ${failed} failed (${signal ?? `exit code ${code}`})\n`,
      );
      resolve({ passed, failed });
    });
  });
}

const args = process.argv.slice(2);
const split = args.indexOf('--');
const presets = split < 0 ? args : args.slice(0, split);
const options = split < 0 ? [] : args.slice(split + 1);
if (presets.length === 0) presets.push('release-tests');

for (const preset of presets) {
  if (!(preset in folders)) throw new RangeError(`no such preset: ${preset}`);
  buildPreset(preset, {
    folder: folders[preset],
    compiler: preset === 'release-tests' ? 'any' : 'clang',
  });
}
const queue = [...presets];
async function work() {
  for (let preset = queue.shift(); preset !== undefined; preset = queue.shift()) {
    const { passed, failed } = await test(preset, options, presets.length > 1);
    const report = process.env.INTERPROC_NATIVE_REPORT;
    if (report) appendFileSync(report, `${preset} ${passed} ${failed}\n`);
    if (failed > 0) process.exitCode = 1;
  }
}
await Promise.all(Array.from({ length: alone === undefined ? 1 : availableParallelism() }, work));
