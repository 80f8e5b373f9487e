import { binding } from './addon.js';
import { invalidArgType, outOfRange, unknownOption } from './errors.js';

/** How long a promise form may wait. */
export interface WaitOptions {
  /** `false` tries once, whatever `timeout` says. */
  readonly block?: boolean | undefined;
  /** Milliseconds; `undefined` or `Infinity` waits for ever, `0` or less tries once. */
  readonly timeout?: number | undefined;
  /** Ends the wait with an `AbortError`. */
  readonly signal?: AbortSignal | undefined;
}

/** How long a `Sync` form may wait. */
export type SyncWaitOptions = Omit<WaitOptions, 'signal'>;

/** A wait that was read and checked. */
export interface Wait {
  /** Milliseconds: `Infinity` for ever, `0` once. */
  readonly timeout: number;
  readonly signal?: AbortSignal;
}

export const forEver: Wait = Object.freeze({ timeout: Infinity });
const once: Wait = Object.freeze({ timeout: 0 });
const waitOptions: readonly string[] = ['block', 'timeout', 'signal'];

/** The longest name of a shared object. */
export const maxNameLength = 200;

/**
 * The options as a record. `undefined` is none.
 * @throws TypeError `ERR_INVALID_ARG_TYPE` for what is no plain object of options, `ERR_UNKNOWN_OPTION` for a key that is not `known`.
 */
export function checkOptions(
  options: unknown,
  known: readonly string[],
  where: string,
): Record<string, unknown> {
  if (options === undefined) return {};
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw invalidArgType(`The options of ${where}`, 'an object', options);
  }
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) throw unknownOption(key, known, where);
  }
  return options as Record<string, unknown>;
}

/**
 * Reads the limits of a wait. An aborted signal is not an error here. `more` names further options of the same object.
 * @throws TypeError for a wrong type, `NaN` included, and for an unknown option.
 */
export function readWait(options: unknown, where: string, more?: readonly string[]): Wait {
  if (options === undefined) return forEver;
  const { block, timeout, signal } = checkOptions(
    options,
    more === undefined ? waitOptions : [...waitOptions, ...more],
    where,
  );
  const limit = readTimeout(timeout, block);
  if (signal === undefined)
    return limit === Infinity ? forEver : limit === 0 ? once : { timeout: limit };
  if (!isAbortSignal(signal)) throw invalidArgType('signal', 'an AbortSignal', signal);
  return { timeout: limit, signal };
}

/** `readWait` for the `Sync` forms: a `signal` could never fire there and is a `TypeError`. */
export function readSyncWait(options: unknown, where: string, more?: readonly string[]): Wait {
  const wait = readWait(options, where, more);
  if (wait.signal !== undefined)
    throw invalidArgType(
      `signal of ${where}`,
      'left out: a blocked thread cannot abort it',
      wait.signal,
    );
  return wait;
}

/** A time in milliseconds, never negative; `undefined` is `Infinity`. `block: false` makes it 0. */
export function readTimeout(timeout: unknown, block?: unknown): number {
  if (block !== undefined && typeof block !== 'boolean')
    throw invalidArgType('block', 'a boolean', block);
  if (timeout !== undefined && (typeof timeout !== 'number' || Number.isNaN(timeout))) {
    throw invalidArgType('timeout', 'a number of milliseconds', timeout);
  }
  if (block === false) return 0;
  if (timeout === undefined) return Infinity;
  return timeout > 0 ? timeout : 0;
}

function isAbortSignal(value: unknown): value is AbortSignal {
  return (
    typeof value === 'object' &&
    value !== null &&
    'aborted' in value &&
    'addEventListener' in value &&
    typeof value.addEventListener === 'function'
  );
}

/**
 * The name of a shared object: 1 to 200 characters of `A-Z a-z 0-9 . _ -`, and not `.` or `..`.
 * @throws TypeError for another type, RangeError for another string.
 */
export function checkName(name: unknown): string {
  if (typeof name !== 'string') throw invalidArgType('name', 'a string', name);
  if (!/^(?!\.\.?$)[A-Za-z0-9._-]{1,200}$/.test(name)) {
    const names = `1 to ${maxNameLength} characters of A-Z a-z 0-9 . _ -, and not '.' or '..'`;
    throw outOfRange('name', names, name);
  }
  return name;
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

/** A random name of 12 characters (60 bits). Short, because some systems allow few characters. */
export function uniqueName(): string {
  const bytes = Buffer.allocUnsafe(12);
  binding.randomBytes(bytes);
  let name = '';
  for (const byte of bytes) name += alphabet.charAt(byte & 31);
  return name;
}

/**
 * An integer from `min` to `max`.
 * @throws TypeError for what is no number, RangeError for a fraction, `NaN` or a number outside.
 */
export function readInteger(
  value: unknown,
  name: string,
  min = Number.MIN_SAFE_INTEGER,
  max = Number.MAX_SAFE_INTEGER,
): number {
  if (typeof value !== 'number') throw invalidArgType(name, 'an integer', value);
  if (!Number.isInteger(value) || value < min || value > max) {
    throw outOfRange(name, `an integer from ${min} to ${max}`, value);
  }
  return value;
}

/** A boolean, or `fallback` for `undefined`. */
export function readBoolean(value: unknown, name: string, fallback: boolean): boolean {
  if (value === undefined) return fallback;
  if (typeof value !== 'boolean') throw invalidArgType(name, 'a boolean', value);
  return value;
}

/** Permission bits, `0` to `0o777`; `0o600` for `undefined`. */
export function readMode(value: unknown): number {
  return value === undefined ? 0o600 : readInteger(value, 'mode', 0, 0o777);
}
