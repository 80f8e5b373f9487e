// Builds the Python package's extension in C beside its sources, where there is a compiler and Python.h.
//
//   npm run build:python [-- --sanitize FOLDER]
//
// --sanitize copies the package to FOLDER/python and builds it there, with AddressSanitizer and UndefinedBehaviorSanitizer.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const python = ['/usr/bin/python3', '/usr/local/bin/python3'].find(existsSync) ?? 'python3';
const root = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({ options: { sanitize: { type: 'string' } } });

const sanitizers = '-g -fsanitize=address,undefined -fno-sanitize-recover=all';
let folder = path.join(root, 'python');
const env = { ...process.env };
if (values.sanitize !== undefined) {
  folder = path.join(path.resolve(values.sanitize), 'python');
  const ours = (from) => !/(\.so|__pycache__|\/build)$/.test(from);
  cpSync(path.join(root, 'python'), folder, { recursive: true, filter: ours });
  env.CFLAGS = sanitizers;
  env.LDFLAGS = sanitizers;
}

const args = ['setup.py', '-q', 'build_ext', '--inplace', '--build-temp', 'build'];
const built = spawnSync(python, args, { cwd: folder, env, encoding: 'utf8' });
if (built.error) throw built.error;
const check = 'import interproc; print(interproc.accelerated)';
const library = path.join(root, 'build', 'Release', 'libinterproc.so.1');
const tried = spawnSync(python, ['-c', check], {
  cwd: folder,
  // A sanitized module cannot be loaded by a program without the sanitizer's library.
  env: { ...process.env, INTERPROC_LIBRARY: library, LD_PRELOAD: sanitizerLibraries() },
  encoding: 'utf8',
});
if (tried.stdout.trim() !== 'True') {
  console.error(`${built.stdout}${built.stderr}${tried.stderr}`);
  console.error('the Python package works without its extension in C, but more slowly');
  process.exitCode = 1;
}

function sanitizerLibraries() {
  if (values.sanitize === undefined) return process.env.LD_PRELOAD ?? '';
  return ['libasan.so', 'libubsan.so']
    .map((name) =>
      spawnSync('gcc', [`-print-file-name=${name}`], { encoding: 'utf8' }).stdout.trim(),
    )
    .join(' ');
}
