// A process that takes part in a cell: it says lines of JSON, and goes on when it is told to.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { commandOf, environment } from './languages.mjs';

/** Longer than anything takes that is not stuck. */
const patienceMs = 60_000;

export class Participant {
  #child;
  #title;
  #lines = [];
  #errors = '';
  #wake = () => {};
  #ended;

  constructor(language, role, kind, name, { count, instance = 0, hold = -1 }) {
    this.#title = `${language} ${role} ${instance}`;
    // It dies with the driver, wherever it is.
    this.#child = spawn(
      'setpriv',
      ['--pdeathsig', 'KILL', ...commandOf(language), role, kind, name, count, instance, hold].map(
        String,
      ),
      { env: environment, stdio: ['pipe', 'pipe', 'pipe'] },
    );
    this.#child.stdin.on('error', () => {});
    this.#child.stderr.setEncoding('utf8').on('data', (text) => {
      this.#errors += text;
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      this.#lines.push(line);
      this.#wake();
    });
    this.#ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', (code, signal) => {
        this.over = true;
        resolve(code ?? signal);
        this.#wake();
      });
    });
    this.#ended.catch(() => {});
  }

  over = false;

  tell() {
    this.#child.stdin.write('\n');
  }

  /** What it says next. */
  async said() {
    const deadline = performance.now() + patienceMs;
    while (this.#lines.length === 0) {
      if (this.over) throw this.#failure(`ended with ${await this.#ended}`);
      const left = deadline - performance.now();
      if (left <= 0) throw this.#failure(`said nothing for ${patienceMs / 1000} s`);
      let timer;
      await new Promise((resolve) => {
        this.#wake = resolve;
        timer = setTimeout(resolve, left);
      });
      clearTimeout(timer);
    }
    return JSON.parse(this.#lines.shift());
  }

  /** What it said last, once it has ended well. */
  async result() {
    const said = await this.said();
    const code = await this.#ended;
    if (code !== 0) throw this.#failure(`ended with ${code}`);
    return said;
  }

  /** SIGKILL; when this resolves the process is gone. */
  async kill() {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  #failure(what) {
    return new Error(`${this.#title} ${what}${this.#errors && `:\n${this.#errors.trimEnd()}`}`);
  }
}
