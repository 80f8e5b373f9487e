// A copy of the sources in build/, in which faults may stand: never in the sources themselves.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const apart = new Set(['.git', 'node_modules', 'build', 'dist', 'prebuilds', 'coverage']);
/** Longer than any build and any check: what goes on for ever was noticed, too. */
const limitMs = 10 * 60_000;

/** A file as it was keeps its time, so that a second run builds little; one that has a fault in it gets a new one, and is built again. */
function isNews(from, to) {
  if (statSync(from).isDirectory() || !existsSync(to)) return true;
  return !readFileSync(from).equals(readFileSync(to));
}

/** The copy, as the sources are now. */
export function copySources(name) {
  const tree = path.join(root, 'build', name);
  mkdirSync(tree, { recursive: true });
  for (const entry of readdirSync(root)) {
    if (apart.has(entry)) continue;
    const to = path.join(tree, entry);
    cpSync(path.join(root, entry), to, { recursive: true, filter: isNews });
  }
  const modules = path.join(tree, 'node_modules');
  if (!existsSync(modules)) symlinkSync(path.join(root, 'node_modules'), modules);
  return tree;
}

/** Runs a program in the copy: whether it ended well, whether it went on for ever, and all that it said. */
export function run(tree, command, args) {
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

/** Has the edits in the copy while `act` runs. */
export function planted(tree, edits, act) {
  const before = new Map();
  try {
    for (const { file, from, to } of edits) {
      const at = path.join(tree, file);
      const text = readFileSync(at, 'utf8');
      if (!before.has(at)) before.set(at, text);
      const places = text.split(from).length - 1;
      if (places !== 1) throw new Error(`'${from}' stands ${places} times in ${file}, not once`);
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
