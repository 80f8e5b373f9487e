import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const command = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

export interface Answer {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface InterprocOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Run as this user. */
  readonly uid?: number;
}

/** Runs the command `interproc` to its end. */
export function interproc(
  args: readonly string[],
  options: InterprocOptions = {},
): Promise<Answer> {
  const { env = {}, uid } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [command, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`interproc ${args.join(' ')} did not end`));
    }, 30_000);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code, stdout, stderr });
    });
  });
}

/** What a command that must succeed prints with `--json`. */
export async function answered<T>(
  args: readonly string[],
  options: InterprocOptions = {},
): Promise<T> {
  const { code, stdout, stderr } = await interproc([...args, '--json'], options);
  if (code !== 0) throw new Error(`interproc ${args.join(' ')} ended with ${code}\n${stderr}`);
  return JSON.parse(stdout) as T;
}

/** The parts of docs/cli.md's object that tests look at. */
export interface Reported {
  readonly name: string;
  readonly kind: string;
  readonly path: string;
  readonly state: string;
  readonly reason: string | null;
  readonly findings: readonly string[];
  readonly abandoned: boolean;
  readonly persist: boolean;
  readonly participants: readonly {
    readonly slot: number;
    readonly pid: number;
    readonly processState: string | null;
    readonly attachedMs: number | null;
  }[];
  readonly locks: readonly {
    readonly role: string;
    readonly holder: { readonly pid: number | null; readonly alive: boolean } | null;
    readonly depth: number;
    readonly heldMs: number | null;
  }[];
  readonly waiters: readonly {
    readonly for: string;
    readonly pid: number | null;
    readonly count: number;
  }[];
  readonly channels: readonly {
    readonly messages: number;
    readonly bytes: number;
    readonly largeBytes: number;
    readonly capacity: number;
    readonly maxItems: number | null;
    readonly shutDown: boolean;
  }[];
  readonly unfinished: readonly {
    readonly pid: number | null;
    readonly count: number;
    readonly alive: boolean;
  }[];
  readonly details: Readonly<Record<string, unknown>>;
}

/** What `stat` says of one object. */
export async function statOf(name: string, more: readonly string[] = []): Promise<Reported> {
  return (await answered<{ object: Reported }>(['stat', name, ...more])).object;
}

/** `stat`, until it says what another process brings about. */
export async function statUntil(
  name: string,
  holds: (object: Reported) => boolean,
): Promise<Reported> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const object = await statOf(name);
    if (holds(object)) return object;
    if (performance.now() > deadline) throw new Error(`in vain: ${JSON.stringify(object)}`);
  }
}
