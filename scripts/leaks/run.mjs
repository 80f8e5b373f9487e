import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ownSharedMemory } from '../own-shm.mjs';
import { judge } from './judge.mjs';
import { planted, subjects } from './subjects.mjs';

const measure = fileURLToPath(new URL('measure.mjs', import.meta.url));
const examples = new URL('../../examples/', import.meta.url);
/** What the subjects and the examples need at most, many times over. */
const size = '1g';

/**
 * A command line that runs the one behind it with a `/dev/shm` of its own, so that every file there is its own; an empty one where
 * this user may not do that. Then other programs' files count too, and nothing else may run beside.
 */
const alone = ownSharedMemory(size) ?? [];

/** How many rounds a subject does where `rounds` are asked for. */
export function roundsOf(name, rounds) {
  const { share = 1 } = subjects[name] ?? planted[name];
  return Math.max(10, Math.round(rounds * share));
}

/** With a small young generation: V8 would let it grow by tens of MiB, and no leak of the process's memory be seen beside that. */
const flags = ['--expose-gc', '--max-semi-space-size=1'];

/** Runs a subject in a process of its own: its samples, and what grew beyond its bound. */
export async function runSubject(name, rounds) {
  const args = [...flags, measure, name, String(roundsOf(name, rounds))];
  const { code, out, err } = await ended([...alone, process.execPath, ...args]);
  if (code !== 0) throw new Error(`${name} ended with ${code}\n${out}${err}`);
  const measured = JSON.parse(out);
  return { name, ...measured, grown: judge(measured) };
}

export const exampleNames = [
  ...readdirSync(examples).filter((name) => name.endsWith('.mjs')),
  'word-count/main.mjs',
];

/** Runs an example to its end; what is in `/dev/shm` then that was not before. */
export async function runExample(name) {
  const script =
    'before=$(ls /dev/shm); "$@" >/dev/null || exit; ls /dev/shm | grep -vxF "$before" || true';
  const example = fileURLToPath(new URL(name, examples));
  const child = [process.execPath, '--expose-gc', example];
  if (name.startsWith('word-count')) child.push(fileURLToPath(examples));
  const { code, out, err } = await ended([...alone, 'sh', '-c', script, 'sh', ...child]);
  if (code !== 0) throw new Error(`${name} ended with ${code}\n${err}`);
  return { name, left: out.split('\n').filter(Boolean) };
}

async function ended([command, ...args]) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    err += text;
  });
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, out, err };
}
