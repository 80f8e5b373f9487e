// The Python processes: started, and started again where one ends that should not.
import { fileURLToPath } from 'node:url';
import { Process } from 'interproc';

const worker = fileURLToPath(new URL('worker.py', import.meta.url));
const packages = fileURLToPath(new URL('../../python', import.meta.url));

/** A worker that lives shorter than this is started again with a pause, which doubles each time. */
const steadyMs = 2_000;
const [firstPauseMs, longestPauseMs] = [100, 5_000];

export class Crew {
  restarts = 0;
  #members = new Set();
  #options;
  #timers = new Set();
  #over = false;

  /** `died(pid)` is called for each worker that ended before `end()`. */
  constructor({ size, python, args, died }) {
    this.#options = { python, args, died };
    for (let i = 0; i < size; i++) this.#start(firstPauseMs);
  }

  get pids() {
    return [...this.#members].map(({ pid }) => pid);
  }

  /** Waits for the workers, who were told to end; whoever does not within `ms` is killed. */
  async end(ms) {
    this.#over = true;
    for (const timer of this.#timers) clearTimeout(timer);
    const members = [...this.#members];
    await Promise.all(members.map((member) => member.join({ timeout: ms })));
    for (const member of members) {
      if (!member.isAlive()) continue;
      member.kill();
      await member.join();
    }
  }

  #start(pauseMs) {
    const { python, args, died } = this.#options;
    // A daemon ends with this process, even where that is killed.
    const member = new Process({
      command: [python, worker],
      args,
      env: { PYTHONPATH: packages },
      daemon: true,
    });
    const began = performance.now();
    member.on('exit', () => {
      this.#members.delete(member);
      if (this.#over) return;
      this.restarts++;
      died(member.pid);
      const steady = performance.now() - began >= steadyMs;
      this.#later(steady ? firstPauseMs : pauseMs, () =>
        this.#start(steady ? firstPauseMs : Math.min(2 * pauseMs, longestPauseMs)),
      );
    });
    member.start();
    this.#members.add(member);
  }

  #later(ms, action) {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, ms);
    this.#timers.add(timer);
  }
}
