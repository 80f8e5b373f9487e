import { invalidArgType, ShutDown } from '../errors.js';
import { readWait, type WaitOptions } from '../options.js';
import { readItems } from '../iterables.js';
import { readFunction } from '../process/target.js';
import { ProxyGuard } from './guard.js';
import type { Taken } from './types/lock.js';

/** Calls a method of the object in the server. */
export type CallMethod = (method: string, args: readonly unknown[]) => Promise<unknown>;

type OwnMethod = (call: CallMethod, ...args: unknown[]) => Promise<unknown>;

/** What the proxies of some types do on the client's side. */
export interface Face {
  /** Methods that are given a function of the client's. */
  readonly methods?: Readonly<Record<string, OwnMethod>>;
  /** What becomes of the results of methods. */
  readonly results?: Readonly<Record<string, (call: CallMethod, result: unknown) => unknown>>;
  readonly iterate?: (call: CallMethod) => AsyncGenerator<unknown>;
}

const lock: Face = { methods: { run }, results: { acquire: guardOf } };

const faces: Readonly<Record<string, Face>> = {
  lock,
  condition: { methods: { run, waitFor }, results: { acquire: guardOf } },
  queue: { iterate: untilShutDown },
  pool: {
    methods: Object.fromEntries(
      ['apply', 'map', 'starmap', 'imap', 'imapUnordered'].map((name) => [name, byName(name)]),
    ),
  },
};

const none: Face = {};

export function faceNamed(name: string | undefined): Face {
  return name !== undefined && Object.hasOwn(faces, name) ? (faces[name] as Face) : none;
}

function guardOf(call: CallMethod, result: unknown): ProxyGuard | null {
  if (result === null) return null;
  return new ProxyGuard((result as Taken).abandoned, () => call('release', []));
}

async function run(call: CallMethod, body: unknown): Promise<unknown> {
  checkFunction(body, 'body');
  await call('acquire', []);
  try {
    return await body();
  } finally {
    await call('release', []);
  }
}

async function waitFor(call: CallMethod, predicate: unknown, options: unknown): Promise<unknown> {
  const { timeout, signal } = readWait(options, 'waitFor');
  checkFunction(predicate, 'predicate');
  const deadline = performance.now() + timeout;
  for (;;) {
    const result = await predicate();
    const remaining = deadline - performance.now();
    if (result || remaining <= 0) return result;
    const rest: WaitOptions = { timeout: remaining };
    await call('wait', [signal === undefined ? rest : { ...rest, signal }]);
  }
}

function checkFunction(value: unknown, name: string): asserts value is () => unknown {
  if (typeof value !== 'function') throw invalidArgType(name, 'a function', value);
}

/** Items as they come, until the queue is shut down and drained. */
async function* untilShutDown(call: CallMethod): AsyncGenerator<unknown> {
  for (;;) {
    let item: unknown;
    try {
      item = await call('get', []);
    } catch (error) {
      if (error instanceof ShutDown) return;
      throw error;
    }
    yield item;
  }
}

/** A function goes by the name under which the pool's module exports it, and what is to be iterated over as an array. */
function byName(method: string): OwnMethod {
  return async (call, fn, items, options) => {
    const args = [readFunction(fn), method === 'apply' ? (items ?? []) : readItems(items, 'items')];
    return await call(method, options === undefined ? args : [...args, options]);
  };
}
