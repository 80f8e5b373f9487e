import { ProcessError } from '../errors.js';
import { invalidArgType } from '../argument-errors.js';

/** A function that a `Process` can run. */
export type Target<Args extends readonly unknown[] = readonly never[]> = (...args: Args) => unknown;

/** What tells the child which export is meant, and what it checks the export against. */
export interface TargetName {
  readonly name: string;
  readonly method: boolean;
}

/** The error of a target that the child could not find. */
export function notExported(message: string): ProcessError {
  return new ProcessError(message, { code: 'ERR_TARGET_NOT_EXPORTED' });
}

/**
 * Refuses what no module can export under its own name.
 * @throws TypeError for what is no function, ProcessError `ERR_TARGET_NOT_EXPORTED` for functions that only this process has.
 */
export function readTarget(target: unknown): TargetName {
  if (typeof target !== 'function') {
    throw invalidArgType('target', 'a function that a module exports', target);
  }
  const source = Function.prototype.toString.call(target);
  if (/^class\b/.test(source)) throw invalidArgType('target', 'a function, not a class', target);
  const name: unknown = target.name;
  if (typeof name !== 'string' || name === '') {
    throw notExported(
      'The target has no name. The child finds it as an export of its module: write it as `export function name() {}`',
    );
  }
  // Bound functions have native code too.
  if (/\{\s*\[native code\]\s*\}$/.test(source)) {
    throw notExported(
      `The target '${name}' is bound or built in, and no module exports it. Export a function that calls it, and pass what it is bound to in args`,
    );
  }
  return { name, method: isMethod(source, name) };
}

const targets = new WeakMap<object, TargetName>();

/** `readTarget`, which looks at each function once. */
export function readFunction(fn: unknown): TargetName {
  const known = typeof fn === 'function' ? targets.get(fn) : undefined;
  if (known !== undefined) return known;
  const target = readTarget(fn);
  targets.set(fn as object, target);
  return target;
}

/** A stand-in for a function that another process named. */
export function standIn(target: TargetName): () => never {
  const named = () => {
    throw new Error('Only a worker has this function');
  };
  targets.set(named, target);
  return named;
}

/** The export that is meant. @throws ProcessError `ERR_TARGET_NOT_EXPORTED` where there is none. */
export function findTarget(
  exported: Readonly<Record<string, unknown>>,
  { name, method }: TargetName,
  module: string,
): Target<readonly unknown[]> {
  const named = new Set<Target<readonly unknown[]>>();
  for (const [key, value] of candidates(exported)) {
    if (typeof value !== 'function') continue;
    const found = value as Target<readonly unknown[]>;
    const same =
      found.name === name && isMethod(Function.prototype.toString.call(found), name) === method;
    if (same && key === name) return found;
    if (same) named.add(found);
  }
  const [only, another] = named;
  if (another !== undefined) {
    throw notExported(
      `${module} exports several functions called '${name}', none of them as '${name}'`,
    );
  }
  if (only !== undefined) return only;
  // A name that the module's author gave to what another function made.
  const byKey = exported[name];
  if (typeof byKey === 'function' && !method && byKey.name !== name) {
    return byKey as Target<readonly unknown[]>;
  }
  throw notExported(
    `${module} exports no function '${name}'. Export the target from the top level of that module, or name the module it is in: new Process({ target: ${name}, module: import.meta.url })`,
  );
}

/** What the module exports; of a CommonJS module also what the default export holds. */
function* candidates(
  exported: Readonly<Record<string, unknown>>,
): Generator<readonly [string, unknown]> {
  yield* Object.entries(exported);
  const common = exported['default'];
  if (typeof common !== 'object' || common === null) return;
  yield* Object.entries(common);
}

/** Whether a function is written as a method: a static method must not be taken for an exported function of the same name. */
function isMethod(source: string, name: string): boolean {
  const head = source.replace(/^(async\b)?\s*\*?\s*/, '');
  return head.startsWith(name) && /^\s*\(/.test(head.slice(name.length));
}
