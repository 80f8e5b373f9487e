// Who is to notice a fault. Each builds what it needs of the copy, runs, and says { caught, how }; what does not build, or names no
// test, throws.
import path from 'node:path';
import { run } from './tree.mjs';

/** Which instruction a signal of the soak meets is up to the machine, so a round may need to be played again. */
const soakAttempts = 3;

/** What a failed run says of the fault, in one line. */
function symptom({ hung, output }) {
  if (hung) return 'does not end';
  const found = [
    /ERROR: AddressSanitizer: ([\w-]+)/,
    /runtime error: (.+)/,
    /broken rule: (.+)/,
    /ERROR: libFuzzer: ([\w -]+)/,
    /WARNING: ThreadSanitizer: ([\w -]+)/,
    /^FAULT, (.*)$/m,
    /^FAILED (.+)$/m,
    /(AssertionError: .+)/,
    /(?:ERROR|FATAL ERROR): (.+)/,
    /^\s*(?:×|FAIL)\s+(.+)/m,
    /((?:[A-Z]\w+)?Error: .+)/,
  ]
    .map((pattern) => pattern.exec(output)?.[1])
    .find((text) => text !== undefined);
  return (found ?? 'fails').trim().slice(0, 140);
}

/** The name of the C++ test that failed first. One that passes and says something has its name printed as well. */
function failedTest({ hung, output }) {
  const until = output.slice(0, Math.max(0, output.search(/ERROR: /)));
  const name =
    [...until.matchAll(/^TEST CASE: {2}(.*)$/gm)].at(-1)?.[1] ?? symptom({ hung, output });
  return hung ? `${name} (does not end)` : name;
}

function mustBuild(result) {
  if (!result.good) throw new Error(`it does not build:\n${result.output.slice(-2000)}`);
}

export function catchersFor(tree, { seconds }) {
  const npm = (...args) => run(tree, 'npm', ['run', '--silent', ...args]);
  let testsAreConfigured = false;
  /** Whether the addon in the copy was built without a fault in it. */
  let addonIsSound = false;

  function configureTests() {
    if (testsAreConfigured) return;
    // Without link-time optimisation, which would take longer than all else.
    const plain = ['CMAKE_BUILD_TYPE=Debug', 'CMAKE_CXX_FLAGS_DEBUG=-O0', 'INTERPROC_WERROR=OFF'];
    const options = plain.map((option) => `-D${option}`);
    mustBuild(run(tree, 'cmake', ['--preset', 'release-tests', ...options]));
    testsAreConfigured = true;
  }

  function native(names) {
    configureTests();
    const target = ['--build', '--preset', 'release-tests', '--target', 'interproc_tests'];
    mustBuild(run(tree, 'cmake', target));
    const result = run(tree, path.join(tree, 'build/native-tests/interproc_tests'), [
      `--test-case=${names}`,
      '--no-colors=true',
      '--abort-after=1',
    ]);
    if (result.good && !/test cases:\s*[1-9]/.test(result.output))
      throw new Error(`no such test: ${names}`);
    return { caught: !result.good, how: result.good ? 'passes' : failedTest(result) };
  }

  function sanitized(preset, names) {
    const result = npm('test:native', '--', preset, '--', `-tc=${names}`);
    const said = new RegExp(`^${preset}: (\\d+) passed, (\\d+) failed`, 'm').exec(result.output);
    if (said === null && !result.hung)
      throw new Error(`it does not build:\n${result.output.slice(-2000)}`);
    const nothingRan = said !== null && said[1] === '0' && said[2] === '1';
    if (nothingRan && !/TEST CASE|Sanitizer/.test(result.output))
      throw new Error(`no such test: ${names}`);
    return { caught: !result.good, how: result.good ? 'passes' : symptom(result) };
  }

  function fuzz(target) {
    const args = ['scripts/fuzz.mjs', '--target', target];
    const replayed = run(tree, 'node', [...args, '--replay']);
    if (/error: |Error: cmake/.test(replayed.output) && !/inputs replayed/.test(replayed.output))
      mustBuild(replayed);
    if (!replayed.good) return { caught: true, how: `corpus: ${symptom(replayed)}` };
    const fuzzed = run(tree, 'node', [...args, '--seconds', seconds]);
    if (fuzzed.good) return { caught: false, how: `nothing in ${seconds} s` };
    const input = /Test unit written to (\S+)/.exec(fuzzed.output)?.[1];
    return { caught: true, how: `new input: ${symptom(fuzzed)}`, input };
  }

  function node(edits, file, name) {
    const scripted = edits.every((edit) => edit.file.startsWith('lib/'));
    const built = npm(scripted && addonIsSound ? 'build:ts' : 'build');
    addonIsSound = scripted && built.good;
    mustBuild(built);
    const only = name === undefined ? [] : ['-t', name];
    const result = run(tree, 'npx', ['vitest', 'run', file, ...only]);
    if (result.good && !/ [1-9]\d* passed/.test(result.output))
      throw new Error(`no such test: ${file} ${name ?? ''}`);
    return { caught: !result.good, how: result.good ? 'passes' : symptom(result) };
  }

  function soak(seed, ...rounds) {
    addonIsSound = false;
    mustBuild(npm('build'));
    for (let attempt = 0; attempt < soakAttempts; attempt++) {
      for (const round of rounds) {
        const args = ['soak/run.mjs', '--quiet', '--seed', seed, '--round', round];
        const result = run(tree, 'node', args);
        if (!result.good) return { caught: true, how: symptom(result) };
      }
    }
    return { caught: false, how: `passes ${soakAttempts} times` };
  }

  function matrix(kinds, languages, count) {
    addonIsSound = false;
    mustBuild(npm('build'));
    const cells = ['--kinds', kinds, '--languages', languages, '--count', count];
    const result = run(tree, 'node', ['matrix/run.mjs', ...cells]);
    if (!result.good && !result.hung && !/^FAILED /m.test(result.output))
      throw new Error(`it does not build:\n${result.output.slice(-2000)}`);
    return { caught: !result.good, how: result.good ? 'passes' : symptom(result) };
  }

  /** What a fault's `by` says, done: its first word is who, the rest in quotation marks or without. */
  return (by, edits) => {
    const [who, ...words] = [...by.matchAll(/"([^"]*)"|(\S+)/g)].map((m) => m[1] ?? m[2]);
    if (who === 'native') return native(...words);
    if (who === 'asan' || who === 'tsan') return sanitized(who, ...words);
    if (who === 'fuzz') return fuzz(...words);
    if (who === 'node') return node(edits, ...words);
    if (who === 'soak') return soak(...words);
    if (who === 'matrix') return matrix(...words);
    throw new Error(`nobody is called ${who}`);
  };
}
