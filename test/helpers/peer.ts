import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach } from 'vitest';

/** A line that a fixture wrote: its event's name and whatever belongs to it. */
export interface PeerEvent {
  readonly event: string;
  readonly [more: string]: unknown;
}

export interface PeerEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const eventLimit = 30_000;
const running = new Set<Peer>();
let killed = false;

/** Another process: a script of test/fixtures that reports what happens to it, line by line. */
export class Peer {
  readonly ended: Promise<PeerEnd>;
  readonly #child: ChildProcess;
  readonly #events: PeerEvent[] = [];
  #errors = '';
  #over = false;
  readonly #lookers = new Set<() => void>();

  /**
   * Starts `test/fixtures/peer-<fixture>.mjs`, which finds its action and arguments in `argv`. `through`: a command that becomes the
   * one behind it.
   */
  constructor(
    fixture: string,
    action: string,
    args: Readonly<Record<string, unknown>> = {},
    through: readonly string[] = [],
  ) {
    const script = fileURLToPath(new URL(`../fixtures/peer-${fixture}.mjs`, import.meta.url));
    const { NODE_OPTIONS: _, ...env } = process.env;
    const command = [...through, process.execPath, script, JSON.stringify({ action, ...args })];
    this.#child = spawn(command[0] as string, command.slice(1), {
      stdio: 'pipe',
      env,
    });
    running.add(this);
    this.#child.stderr?.on('data', (text: Buffer) => {
      this.#errors += text.toString();
    });
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      this.#events.push(JSON.parse(line) as PeerEvent);
      this.#lookAgain();
    });
    this.#child.stdin?.on('error', () => {
      // The peer ended before it read its command.
    });
    // 'close', not 'exit': by then all of its lines were read.
    this.ended = once(this.#child, 'close').then(([code, signal]) => {
      running.delete(this);
      this.#over = true;
      this.#lookAgain();
      return { code: code as number | null, signal: signal as NodeJS.Signals | null };
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** What it wrote to its standard error so far. */
  get errors(): string {
    return this.#errors;
  }

  /** The next event of this name; the others stay for later. */
  event(name: string): Promise<PeerEvent> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        clearTimeout(timer);
        this.#lookers.delete(look);
        settle();
      };
      const look = () => {
        const index = this.#events.findIndex(({ event }) => event === name);
        const [found] = index < 0 ? [] : this.#events.splice(index, 1);
        if (found !== undefined) finish(() => resolve(found));
        else if (this.#over) finish(() => reject(this.#missed(name, 'before the peer ended')));
      };
      const timer = setTimeout(
        () => finish(() => reject(this.#missed(name, 'in time'))),
        eventLimit,
      );
      this.#lookers.add(look);
      look();
    });
  }

  /** Lets a peer go on that waits for a command. */
  go(): void {
    this.#child.stdin?.write('\n');
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') killed = true;
    if (!this.#over) this.#child.kill(signal);
  }

  #lookAgain(): void {
    for (const look of [...this.#lookers]) look();
  }

  #missed(name: string, when: string): Error {
    const seen = this.#events.map(({ event }) => event).join(', ');
    return new Error(`no '${name}' ${when}; other events: ${seen || 'none'}\n${this.#errors}`);
  }
}

afterEach(async () => {
  for (const peer of running) {
    peer.kill('SIGKILL');
    await peer.ended;
  }
});

// What SIGKILL left goes with the next start of any program of the same user.
afterAll(async () => {
  if (!killed) return;
  await new Peer('idle', 'none').ended;
});
