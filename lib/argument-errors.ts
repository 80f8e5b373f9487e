import { inspect } from 'node:util';

/** An error of the language's own class with a stable code. */
export type Coded<E extends Error> = E & { readonly code: string };

export function coded<E extends Error>(error: E, code: string): Coded<E> {
  return Object.assign(error, { code });
}

function describe(value: unknown): string {
  if (typeof value === 'function') return `function ${value.name}`.trimEnd();
  if (typeof value === 'bigint') return `bigint ${value}n`;
  const text = inspect(value, {
    depth: 0,
    maxStringLength: 40,
    maxArrayLength: 0,
    customInspect: false,
  });
  const short = text.length > 60 ? `${text.slice(0, 57)}...` : text;
  return value === null || value === undefined || typeof value === 'object'
    ? short
    : `${typeof value} ${short}`;
}

/** A `TypeError` with code `ERR_INVALID_ARG_TYPE`; `expected` completes "must be …". */
export function invalidArgType(name: string, expected: string, actual: unknown): Coded<TypeError> {
  return coded(
    new TypeError(`${name} must be ${expected}. Received ${describe(actual)}`),
    'ERR_INVALID_ARG_TYPE',
  );
}

/** A `RangeError` with code `ERR_OUT_OF_RANGE`; `expected` completes "must be …". */
export function outOfRange(name: string, expected: string, actual: unknown): Coded<RangeError> {
  return coded(
    new RangeError(`${name} must be ${expected}. Received ${describe(actual)}`),
    'ERR_OUT_OF_RANGE',
  );
}

/** A `TypeError` with code `ERR_UNKNOWN_OPTION` that suggests the nearest known name. */
export function unknownOption(
  name: string,
  known: readonly string[],
  where = 'options',
): Coded<TypeError> {
  const nearest = nearestName(name, known);
  const hint =
    nearest === undefined
      ? known.length === 0
        ? 'There are none'
        : `Known are ${known.join(', ')}`
      : `Did you mean '${nearest}'?`;
  return coded(
    new TypeError(`Unknown option '${name}' of ${where}. ${hint}`),
    'ERR_UNKNOWN_OPTION',
  );
}

function nearestName(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  // More than a third of the letters wrong is another word, not a slip of the finger.
  let bound = Math.max(2, Math.floor(name.length / 3)) + 1;
  if (name.length > 64) return undefined;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bound && distance < candidate.length) {
      bound = distance;
      best = candidate;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
