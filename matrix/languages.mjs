// How the participant of each language is made and started.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const programs = path.join(root, 'matrix', 'programs');
const built = path.join(root, 'build', 'matrix');
const libraries = path.join(root, 'build', 'Release');
const python = ['/usr/bin/python3', '/usr/local/bin/python3'].find(existsSync) ?? 'python3';

/** Makes `build/matrix/NAME` of `programs/SOURCE`, warnings being errors. */
function compile(compiler, standard, source, name) {
  const flags = [`-std=${standard}`, '-O2', '-Wall', '-Wextra', '-Wpedantic', '-Werror'];
  const library = [
    `-I${root}/native/include`,
    `-L${libraries}`,
    '-linterproc',
    `-Wl,-rpath,${libraries}`,
  ];
  const out = ['-o', path.join(built, name)];
  execFileSync(compiler, [...flags, path.join(programs, source), ...library, ...out], {
    stdio: 'inherit',
  });
}

/** `build` is called once; `command` starts a participant, with what README.md lists behind it. */
const all = {
  node: { command: [process.execPath, path.join(programs, 'node.mjs')] },
  python: { command: [python, path.join(programs, 'python.py')] },
  c: {
    command: [path.join(built, 'c')],
    build: () => compile('cc', 'c11', 'c.c', 'c'),
  },
  cpp: {
    command: [path.join(built, 'cpp')],
    build: () => compile('c++', 'c++20', 'cpp.cc', 'cpp'),
  },
  rust: {
    command: [path.join(built, 'rust')],
    build() {
      const common = ['--edition', '2021', '-O', '-D', 'warnings'];
      const crate = path.join(built, 'libinterproc.rlib');
      const rustc = (...args) => execFileSync('rustc', [...common, ...args], { stdio: 'inherit' });
      rustc(
        '--crate-type',
        'rlib',
        '--crate-name',
        'interproc',
        `${root}/rust/src/lib.rs`,
        '-o',
        crate,
      );
      const library = [
        '-L',
        `native=${libraries}`,
        '-l',
        'dylib=interproc',
        '-C',
        `link-arg=-Wl,-rpath,${libraries}`,
      ];
      rustc(
        path.join(programs, 'rust.rs'),
        '--extern',
        `interproc=${crate}`,
        ...library,
        '-o',
        path.join(built, 'rust'),
      );
    },
  },
};

export const languages = Object.keys(all);

export const environment = {
  ...process.env,
  PYTHONPATH: path.join(root, 'python'),
  PYTHONDONTWRITEBYTECODE: '1',
};

export function build(wanted) {
  mkdirSync(built, { recursive: true });
  for (const language of wanted) all[language].build?.();
}

export const commandOf = (language) => all[language].command;
