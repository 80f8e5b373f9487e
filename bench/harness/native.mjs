// The program of bench/native, which measures the machine's limits without Node.js. Built when a question first needs it.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('../native', import.meta.url));
const build = fileURLToPath(new URL('../../build/bench', import.meta.url));

let program;

/** `{ binary }`, or `{ missing }` with what is to be done, where it cannot be built here. */
export function limitsProgram() {
  program ??= buildProgram();
  return program;
}

function buildProgram() {
  for (const args of [
    ['-S', source, '-B', build],
    ['--build', build],
  ]) {
    const { status, error, stderr } = spawnSync('cmake', args, { encoding: 'utf8' });
    if (error || status !== 0) {
      const reason = error ? 'cmake does not start' : stderr.trim().split('\n').at(-1);
      return {
        missing: `${reason.replace(/\/\S*\//g, '')}. It needs cmake and a C++20 compiler (Debian: cmake, g++)`,
      };
    }
  }
  return { binary: `${build}/limits` };
}
