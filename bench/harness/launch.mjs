// Starts a process of a benchmark: a module's export with some plain data, under the guard.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { mailbox } from './lines.mjs';

const entry = fileURLToPath(new URL('entry.mjs', import.meta.url));
const endGraceMs = 3_000;

/** Starts `command`. `tell` sends it a message, `next` gives its next one, `end` lets it end, and kills it where it does not. */
export function launch(command, args, name) {
  let ending = false;
  const child = spawn(command, args, {
    stdio: ['pipe', 'inherit', 'inherit', 'pipe'],
    env: { ...process.env, INTERPROC_BENCH_PARENT: String(process.pid) },
  });
  const exited = new Promise((resolve) => {
    child.once('exit', resolve);
    child.once('error', resolve);
  });
  /** Calls `action` when the process ends without having been asked to. */
  const ifLost = (action) => {
    void exited.then(() => ending || action());
  };
  const messages = mailbox(child.stdio[3], name);
  child.stdin.on('error', () => {});
  return {
    pid: child.pid,
    next: messages.next,
    ifLost,
    tell(message) {
      child.stdin.write(`${JSON.stringify(message)}\n`);
    },
    async end() {
      ending = true;
      child.stdin.end();
      const timer = setTimeout(() => child.kill('SIGKILL'), endGraceMs);
      await exited;
      clearTimeout(timer);
    },
    kill() {
      ending = true;
      child.kill('SIGKILL');
      return exited;
    },
  };
}

/** Runs `module`'s export `name` with `data` in a process of its own. */
export function launchExport(module, name, data, { watchdog = true } = {}) {
  const options = JSON.stringify({ module: String(module), name, data, watchdog });
  return launch(process.execPath, [entry, options], name);
}
