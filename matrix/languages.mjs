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

/** `build` is called once; `command` starts a participant, with what README.md lists behind it. */
const all = {
  node: { command: [process.execPath, path.join(programs, 'node.mjs')] },
  python: { command: [python, path.join(programs, 'python.py')] },
  c: {
    command: [path.join(built, 'c')],
    build() {
      const source = path.join(programs, 'c.c');
      const flags = ['-std=c11', '-O2', '-Wall', '-Wextra', '-Wpedantic', '-Werror'];
      const library = [
        `-I${root}/native/include`,
        `-L${libraries}`,
        '-linterproc',
        `-Wl,-rpath,${libraries}`,
      ];
      execFileSync('cc', [...flags, source, ...library, '-o', path.join(built, 'c')], {
        stdio: 'inherit',
      });
    },
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
