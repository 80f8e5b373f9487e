import { setImmediate as nextTurn } from 'node:timers/promises';
// A worker is sent shared objects.
import '../attach.js';
import { msgpackCodec } from '../codec/msgpack.js';
import type { Connection } from '../pipe/connection.js';
import { BrokenPipeError, ClosedError, EOFError } from '../errors.js';
import * as messages from '../messages.js';
import { setBooting } from '../process/identity.js';
import { findTarget, type Target, type TargetName } from '../process/target.js';
import {
  Mode,
  type Outcome,
  type Reply,
  ReplyKind,
  type Setup,
  type TaskMessage,
  valueOfReply,
} from './protocol.js';
import { describeThrown, fromValue } from '../remote-error.js';

/** How long tasks may follow each other before the worker's own timers and streams have a turn, in milliseconds. */
const longestRun = 10;

/** How long what the tasks left open may keep a worker whose pool has closed, in milliseconds. */
const patience = 100;

type Exports = Readonly<Record<string, unknown>>;
type Functions = (target: TargetName) => Target<readonly unknown[]>;

/** What the process of a pool's worker runs. @internal */
export async function poolWorker(
  connection: Connection<Reply>,
  claims: Int32Array,
  setup: Setup,
): Promise<void> {
  try {
    const functions = await prepare(setup);
    await connection.send([0, ReplyKind.ready, null]);
    await serve(connection, claims, setup.first, functions);
  } catch (error) {
    if (!isEnd(error))
      await sendError(connection, 0, ReplyKind.unable, error).catch(() => undefined);
  }
  setTimeout(() => process.exit(), patience).unref();
}

/** The pool has closed, or is gone. */
function isEnd(error: unknown): boolean {
  return (
    error instanceof EOFError || error instanceof BrokenPipeError || error instanceof ClosedError
  );
}

async function prepare({ module, initializer, initargs }: Setup): Promise<Functions> {
  let exported: Exports;
  setBooting(true);
  try {
    exported = (await import(module)) as Exports;
  } finally {
    setBooting(false);
  }
  const known = new Map<string, Target<readonly unknown[]>>();
  const functions: Functions = (target) => {
    const key = `${target.method} ${target.name}`;
    let found = known.get(key);
    if (found === undefined) {
      found = findTarget(exported, target, module);
      known.set(key, found);
    }
    return found;
  };
  if (initializer !== null) await functions(initializer)(...initargs);
  return functions;
}

async function serve(
  connection: Connection<Reply>,
  claims: Int32Array,
  first: number,
  functions: Functions,
): Promise<void> {
  let yielded = performance.now();
  for (;;) {
    const task = (await connection.recv()) as unknown as TaskMessage;
    const [number, word] = task;
    // Taken back meanwhile.
    if (Atomics.compareExchange(claims, first + word, number, -number) !== number) continue;
    await answer(connection, task, functions);
    if (performance.now() - yielded < longestRun) continue;
    await nextTurn();
    yielded = performance.now();
  }
}

async function answer(
  connection: Connection<Reply>,
  [number, , mode, name, method, payload]: TaskMessage,
  functions: Functions,
): Promise<void> {
  let result: unknown;
  try {
    const run = functions({ name, method });
    if (mode === Mode.call) result = run(...payload);
    else if (mode === Mode.each) result = runEach(run, payload);
    else result = runAll(run, payload, mode === Mode.starmap);
    if (isThenable(result)) result = await result;
  } catch (error) {
    await sendError(connection, number, ReplyKind.error, error);
    return;
  }
  try {
    await connection.send([number, ReplyKind.result, result]);
  } catch (error) {
    if (isEnd(error)) throw error;
    if (mode === Mode.each) await sendOutcomes(connection, number, result as Outcome[]);
    else await sendError(connection, number, ReplyKind.error, fromValue(error, valueOfReply));
  }
}

async function runAll(
  run: Target<readonly unknown[]>,
  items: readonly unknown[],
  spread: boolean,
): Promise<unknown[]> {
  const results: unknown[] = [];
  for (const item of items) {
    const result = spread ? run(...(item as readonly unknown[])) : run(item);
    results.push(isThenable(result) ? await result : result);
  }
  return results;
}

async function runEach(
  run: Target<readonly unknown[]>,
  items: readonly unknown[],
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const item of items) {
    try {
      const result = run(item);
      outcomes.push([true, isThenable(result) ? await result : result]);
    } catch (error) {
      outcomes.push([false, error]);
    }
  }
  return outcomes;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { then?: unknown }).then === 'function'
  );
}

/** The outcomes of which some cannot travel: those say so, the others go. */
function sendOutcomes(
  connection: Connection<Reply>,
  number: number,
  outcomes: readonly Outcome[],
): Promise<void> {
  const able = outcomes.map(([ok, value]): Outcome => {
    try {
      messages.encode(msgpackCodec, value);
      return ok ? [true, value] : [false, value];
    } catch (error) {
      return [false, ok ? error : describeThrown(value)];
    }
  });
  return connection.send([number, ReplyKind.result, able]);
}

async function sendError(
  connection: Connection<Reply>,
  number: number,
  kind: number,
  error: unknown,
): Promise<void> {
  try {
    await connection.send([number, kind, error]);
  } catch (failure) {
    if (isEnd(failure)) throw failure;
    await connection.send([number, kind, describeThrown(error)]);
  }
}
