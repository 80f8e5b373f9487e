import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

/** The path of a fixture. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
}

/** What a script printed and how it ended. */
export interface Ran {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `node` with arguments until it and whoever inherited its output have ended. */
export async function run(args: readonly string[], input = '', cwd?: string): Promise<Ran> {
  const child = spawn(process.execPath, args, { stdio: 'pipe', cwd });
  child.stdin.end(input);
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  const [stdout, stderr] = await output;
  return { code, signal, stdout, stderr };
}

/** Starts `node` with arguments; its first line of output is the answer. */
export async function startScript(
  args: readonly string[],
): Promise<{ readonly child: ChildProcess; readonly line: string }> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let line = '';
  for await (const part of child.stdout.iterator({ destroyOnReturn: false })) {
    line += String(part);
    if (line.includes('\n')) break;
  }
  return { child, line: line.trim() };
}

/**
 * What SIGKILL left goes with the next start of any program of the same user: starts one when the file's tests have ended. For files
 * whose tests kill processes.
 */
export function sweepAfterwards(): void {
  afterAll(async () => {
    const library = new URL('../../dist/index.js', import.meta.url).href;
    await run(['--input-type=module', '-e', `import ${JSON.stringify(library)}`]);
  });
}

/** Whether a process runs. One that has ended, and that nobody has asked about yet, does not. */
export function runs(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}
