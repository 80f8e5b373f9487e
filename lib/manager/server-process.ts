import { EOFError, ProcessError } from '../errors.js';
import type { Connection } from '../pipe/connection.js';
import { lookForArrivals } from '../pipe/in-transit.js';
import { binding } from '../native.js';
import { Pipe } from '../pipe/pipe.js';
import { revive } from '../remote-error.js';
import { Process } from '../process/process.js';
import type { TargetName } from '../process/target.js';
import type { Address } from '../sockets/address.js';
import type { TlsOptions } from '../sockets/tls-options.js';

/** What the server's process has to know. */
export interface ServerProcessPlan {
  /** The module that exports the manager's class; `null` for a class of this package. */
  readonly module: string | null;
  /** The class's name. */
  readonly name: string;
  readonly address: Address | null;
  readonly authkey: Buffer | null;
  readonly insecure: boolean;
  readonly tls: TlsOptions | null;
  readonly keepAlive: number | null;
  readonly handshakeTimeout: number | null;
  readonly maxBytes: number | null;
  readonly initializer: TargetName | null;
  readonly initargs: readonly unknown[];
}

/** What the server's process says when it listens, or why it cannot. */
export type Report = { readonly address: Address } | { readonly error: unknown };

export interface ServerProcess {
  readonly process: Process;
  readonly address: Address;
}

/** In place of the function of this name in manager-server.ts, which imports every manager: a `Process` needs only the name. */
async function serveManager(_report: Connection<Report>, _plan: ServerProcessPlan): Promise<void> {
  throw new ProcessError('Only the process of a server serves');
}

/** Starts a server's process. Rejects with what kept it from listening; nothing is left then. */
export async function startServerProcess(plan: ServerProcessPlan): Promise<ServerProcess> {
  const [reports, report] = Pipe<Report>({ duplex: false });
  const process = new Process<never>({
    target: serveManager as (...args: never[]) => unknown,
    args: [report, plan] as unknown as never,
    module: new URL('./manager-server.js', import.meta.url),
    name: `${plan.name}-server`,
    daemon: true,
  }) as unknown as Process;
  try {
    process.start();
    const answer = await reports.recv();
    if ('error' in answer) throw revive(answer.error, 'the server of a manager');
    return { process, address: answer.address };
  } catch (error) {
    process.kill();
    await process.join();
    // What it could not clear away.
    binding.sweep();
    if (!(error instanceof EOFError)) throw error;
    throw new ProcessError(`The server of ${plan.name} ended before it listened`, { cause: error });
  } finally {
    reports.close();
    // What the server said came through the end that it was given. Who is killed soon leaves no pipe that nobody needs.
    lookForArrivals();
  }
}

/** Has a server's process end: by itself within `timeout` milliseconds, or by SIGTERM within as much again, or by SIGKILL. */
export async function endServerProcess(process: Process, timeout: number): Promise<void> {
  await process.join({ timeout });
  if (process.isAlive()) {
    process.terminate();
    await process.join({ timeout });
  }
  if (process.isAlive()) process.kill();
  await process.join();
  // What it could not clear away, where it had to be killed.
  if (process.exitcode !== 0) binding.sweep();
}
