// Planted faults: node scripts/plant-hostile.mjs LIST [--only NAME]... [--by KIND] [--seconds N] [--json FILE]
//
// Takes each fault of scripts/plant/LIST.mjs into a copy of the sources, builds, and runs who is to catch it. A check that
// can be taken away without anybody noticing is no check: one that nobody catches fails the run. By hand, not in CI: every
// fault is a build.
//
// A fault is { name, file, from, to, by }: `from` stands in the file exactly once. `edits: [{ file, from, to }]` in place
// of the three where it takes more than one. Who catches it, by:
//   fuzz TARGET      the corpus alone, replayed; or new inputs of N seconds (default 20), and then it says so
//   native "NAMES"   C++ tests of these names (doctest's -tc)
//   asan "NAMES"     the same under AddressSanitizer and UndefinedBehaviorSanitizer
//   tsan "NAMES"     the same under ThreadSanitizer
//   node FILE "NAME" a test file, all of it or the tests of that name (vitest's -t)
// --only takes faults whose names begin so, --by one of these kinds alone. --tree names the copy (build/plant): two runs need two.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const limitMs = 10 * 60_000;

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
const tree = path.join(root, 'build', options.tree);
const [list] = positionals;
if (list === undefined) throw new RangeError('say which list: node scripts/plant-hostile.mjs LIST');
const { faults } = await import(`./plant/${list}.mjs`);

/** The sources as they are now, apart, so that nothing of this ever stands in them. Times are kept: builds stay short. */
function copySources() {
  const apart = new Set(['.git', 'node_modules', 'build', 'dist', 'prebuilds', 'coverage']);
  mkdirSync(tree, { recursive: true });
  for (const entry of readdirSync(root)) {
    if (apart.has(entry)) continue;
    const to = path.join(tree, entry);
    cpSync(path.join(root, entry), to, { recursive: true, preserveTimestamps: true });
  }
  const modules = path.join(tree, 'node_modules');
  if (!existsSync(modules)) symlinkSync(path.join(root, 'node_modules'), modules);
}

function run(command, args) {
  const { status, signal, stdout, stderr } = spawnSync(command, args, {
    cwd: tree,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    timeout: limitMs,
    killSignal: 'SIGKILL',
    env: {
      CMAKE_BUILD_PARALLEL_LEVEL: String(availableParallelism()),
      ...process.env,
      FORCE_COLOR: '0',
      NO_COLOR: '1',
    },
  });
  return { good: status === 0, hung: signal === 'SIGKILL', output: `${stdout}\n${stderr}` };
}

const npm = (...args) => run('npm', ['run', '--silent', ...args]);

/** What a failed run says of the fault, in one line. */
function symptom({ hung, output }) {
  if (hung) return 'does not end';
  const found = [
    /ERROR: AddressSanitizer: ([\w-]+)/,
    /runtime error: (.+)/,
    /broken rule: (.+)/,
    /ERROR: libFuzzer: ([\w -]+)/,
    /WARNING: ThreadSanitizer: ([\w -]+)/,
    /(AssertionError: .+)/,
    /(?:ERROR|FATAL ERROR): (.+)/,
    /^\s*(?:×|FAIL)\s+(.+)/m,
    /((?:[A-Z]\w+)?Error: .+)/,
  ]
    .map((pattern) => pattern.exec(output)?.[1])
    .find((text) => text !== undefined);
  return (found ?? 'fails').trim().slice(0, 100);
}

/** Whether the addon in the copy was built without a fault in it. */
let addonIsSound = false;

// Each: { caught, how }. A fault that does not build is not caught.
const catchers = {
  fuzz(target) {
    const built = run('node', ['scripts/fuzz.mjs', '--target', target, '--replay']);
    if (/error: |Error: cmake/.test(built.output) && !/inputs replayed/.test(built.output))
      throw new Error(`it does not build:\n${built.output.slice(-2000)}`);
    if (!built.good) return { caught: true, how: `corpus: ${symptom(built)}` };
    const fuzzed = run('node', [
      'scripts/fuzz.mjs',
      '--target',
      target,
      '--seconds',
      options.seconds,
    ]);
    if (fuzzed.good) return { caught: false, how: `nothing in ${options.seconds} s` };
    const input = /Test unit written to (\S+)/.exec(fuzzed.output)?.[1];
    return { caught: true, how: `new input: ${symptom(fuzzed)}`, input };
  },
  native: (names) => doctest('release-tests', names),
  asan: (names) => doctest('asan', names),
  tsan: (names) => doctest('tsan', names),
  node(file, name) {
    const scripted = this.edits.every((edit) => edit.file.startsWith('lib/'));
    const built = npm(scripted && addonIsSound ? 'build:ts' : 'build');
    addonIsSound = scripted && built.good;
    if (!built.good) throw new Error(`it does not build:\n${built.output.slice(-2000)}`);
    const result = run('npx', ['vitest', 'run', file, ...(name === undefined ? [] : ['-t', name])]);
    if (result.good && !/ [1-9]\d* passed/.test(result.output))
      throw new Error(`no such test: ${file} ${name ?? ''}`);
    return { caught: !result.good, how: result.good ? 'passes' : symptom(result) };
  },
};

function doctest(preset, names) {
  const result = npm('test:native', '--', preset, '--', `-tc=${names}`);
  const said = new RegExp(`^${preset}: (\\d+) passed, (\\d+) failed`, 'm').exec(result.output);
  if (said === null && !result.hung)
    throw new Error(`it does not build:\n${result.output.slice(-2000)}`);
  if (
    said !== null &&
    said[1] === '0' &&
    said[2] === '1' &&
    !/TEST CASE|Sanitizer/.test(result.output)
  )
    throw new Error(`no such test: ${names}`);
  return { caught: !result.good, how: result.good ? 'passes' : symptom(result) };
}

function wordsOf(by) {
  return [...by.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain);
}

/** Has the fault in the copy while `act` runs. */
function planted({ name, edits }, act) {
  const before = new Map();
  try {
    for (const { file, from, to } of edits) {
      const at = path.join(tree, file);
      const text = readFileSync(at, 'utf8');
      if (!before.has(at)) before.set(at, text);
      if (text.split(from).length !== 2)
        throw new Error(`${name}: ${file} has not exactly one place '${from}'`);
      writeFileSync(
        at,
        text.replace(from, () => to),
      );
    }
    return act();
  } finally {
    for (const [at, text] of before) writeFileSync(at, text);
  }
}

copySources();
const asked =
  options.only === undefined
    ? faults
    : faults.filter(({ name }) => options.only.some((start) => name.startsWith(start)));
if (asked.length === 0) throw new RangeError('no fault of that name');
const results = [];
let missed = 0;
for (const { name, file, from, to, edits = [{ file, from, to }], by } of asked) {
  const began = performance.now();
  for (const who of [by].flat()) {
    const [kind, ...words] = wordsOf(who);
    if (options.by !== undefined && kind !== options.by) continue;
    let result;
    try {
      result = planted({ name, edits }, () => catchers[kind].apply({ edits }, words));
    } catch (error) {
      result = { caught: false, how: String(error) };
    }
    if (!result.caught) missed++;
    const took = Math.round((performance.now() - began) / 1000);
    console.log(
      `${result.caught ? 'caught' : 'MISSED'}  ${name}  |  ${who}  |  ${result.how}  (${took} s)`,
    );
    results.push({ name, by: who, ...result });
  }
}
if (options.json !== undefined)
  writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
console.log(`${results.length - missed} of ${results.length} caught`);
process.exitCode = missed === 0 ? 0 : 1;
