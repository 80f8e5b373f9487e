import { inspect } from 'node:util';
import { msgpackCodec } from '../codec/msgpack.js';
import { ProcessError } from '../errors.js';
import * as messages from '../messages.js';
import { binding, Outcome } from '../native.js';
import { forgetInherited, loadPart } from '../parts/parts.js';
import {
  type BootMessage,
  type BootReport,
  type BootTicket,
  childEnd,
  readableOf,
} from './boot-message.js';
import { setBooting, setIdentity } from './identity.js';
import { findTarget } from './target.js';

// What a child runs. It loads as little as it can: the module with the target brings what that needs.

/** Longest blocking slice of the wait for the boot message, in milliseconds. */
const slice = 50;

/** What Node.js exits with where something was awaited that can never come. */
const unsettledExitCode = 13;

function openPipe({ pipe }: BootTicket): number {
  try {
    const id = binding.openPipe(pipe);
    binding.pipeClaim(id, childEnd);
    return id;
  } catch (cause) {
    throw parentGone(cause);
  }
}

function receive(id: number): BootMessage {
  for (;;) {
    const outcome = binding.pipeReceive(id, childEnd);
    if (outcome >= 0) return messages.decode(msgpackCodec, 0, outcome) as BootMessage;
    if (outcome === Outcome.smallBuffer) messages.growReceived();
    else if (outcome === Outcome.empty) binding.waitSync(id, readableOf(childEnd), 0, slice);
    else throw parentGone();
  }
}

function parentGone(cause?: unknown): ProcessError {
  return new ProcessError(
    'The process that started this one ended before this one had its arguments',
    cause === undefined ? {} : { cause },
  );
}

function report(id: number, what: BootReport): void {
  messages.encode(msgpackCodec, what);
  // A parent that is gone has nobody to be told.
  binding.pipeSend(id, childEnd, messages.scratch.start, messages.scratch.end);
}

/** `import()`, which only a file that Node.js itself has loaded can do. */
export type Import = (module: string) => Promise<unknown>;

async function importTarget(
  { call }: BootMessage,
  importModule: Import,
): Promise<(...args: unknown[]) => unknown> {
  if (call === undefined) throw new ProcessError('The boot message names no target');
  const { module, target } = call;
  setBooting(true);
  try {
    return findTarget((await importModule(module)) as Record<string, unknown>, target, module);
  } finally {
    setBooting(false);
    forgetInherited();
  }
}

async function boot(ticket: BootTicket, importModule: Import): Promise<void> {
  const id = openPipe(ticket);
  if (ticket.shared) loadPart('./part-library.cjs');
  const message = receive(id);
  const { identity, args, argv } = message;
  setIdentity(identity);
  report(id, { taken: true });
  if (identity.daemon) binding.dieWithPeer(id, childEnd);
  process.argv.splice(1, process.argv.length, ...argv);
  name = identity.name;
  let target: (...args: unknown[]) => unknown;
  try {
    target = await importTarget(message, importModule);
  } catch (error) {
    if (error instanceof ProcessError) {
      report(id, { failed: { code: error.code, message: error.message } });
    }
    throw error;
  }
  if (!identity.daemon) binding.close(id);
  await target(...args);
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.once('error', () => resolve());
    stream.write('', () => resolve());
  });
}

async function fail(error: unknown): Promise<never> {
  // As after an uncaught error: locks that this process holds are not given up, so that the next holder is told.
  (process as NodeJS.EventEmitter).emit('uncaughtExceptionMonitor', error, 'uncaughtException');
  process.stderr.write(`${name}:\n${inspect(error)}\n`);
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  process.exit(1);
}

let name = 'Process';
let settled = false;
let givenUp = false;

/** Does what the boot message says, and ends this process with code 1 where that fails. */
export async function runChild(ticket: BootTicket, importModule: Import): Promise<void> {
  process.on('beforeExit', () => {
    if (settled || process.exitCode !== undefined) return;
    process.stderr.write(`${name}: what its module or its target awaits can never come\n`);
    process.exitCode = unsettledExitCode;
    givenUp = true;
  });
  try {
    await boot(ticket, importModule);
  } catch (error) {
    settled = true;
    await fail(error);
  }
  settled = true;
  // Somebody else's listener found more to do after all.
  if (givenUp) process.exitCode = undefined;
}
