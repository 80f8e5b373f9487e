import { constants } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { invalidArgType, outOfRange } from '../errors.js';
import { checkOptions, readBoolean, readInteger, readMode } from '../options.js';

export interface SharedMemoryOptions {
  /**
   * 1 to 255 bytes without `/` and NUL, and not `.` or `..`: any name that `shm_open` takes. To attach it must be given; to create,
   * a unique one is made where it is left out.
   */
  readonly name?: string | undefined;
  /** Create the memory; it must not exist. Default `false`: attach to what exists. */
  readonly create?: boolean | undefined;
  /** Bytes to create, at least 1. Attaching ignores it, as in Python. */
  readonly size?: number | undefined;
  /** Keep the memory until `unlink()`, even when nobody is attached. Only with `create`. Default `false`. */
  readonly persist?: boolean | undefined;
  /** Permissions of what is created. Only with `create`. Default `0o600`. */
  readonly mode?: number | undefined;
}

const optionNames = ['name', 'create', 'size', 'persist', 'mode'];

/** V8 makes no buffer of more bytes. */
export const largestMemory = constants.MAX_LENGTH;

/** What to create; without a `name` one is made up. */
export interface Creation {
  readonly name: string | undefined;
  readonly size: number;
  readonly persist: boolean;
  readonly mode: number;
}

/** What `new SharedMemory` was asked for: the name to attach to, or what to create. */
export function readMemoryOptions(options: unknown): string | Creation {
  const given = checkOptions(options, optionNames, 'SharedMemory');
  if (readBoolean(given['create'], 'create', false)) return readCreation(given);
  for (const option of ['persist', 'mode']) {
    if (given[option] === undefined) continue;
    throw invalidArgType(option, 'left out where nothing is created', given[option]);
  }
  if (given['name'] === undefined) {
    throw invalidArgType('name', 'given, or create: true and a size', undefined);
  }
  return checkMemoryName(given['name']);
}

export function readCreation(given: Readonly<Record<string, unknown>>): Creation {
  return {
    name: given['name'] === undefined ? undefined : checkMemoryName(given['name']),
    size: readInteger(given['size'], 'size', 1, largestMemory),
    persist: readBoolean(given['persist'], 'persist', false),
    mode: readMode(given['mode']),
  };
}

/**
 * The name of bare memory, which has more liberty than that of other objects.
 * @throws TypeError for another type, RangeError for another string.
 */
export function checkMemoryName(name: unknown): string {
  if (typeof name !== 'string') throw invalidArgType('name', 'a string', name);
  const bytes = Buffer.byteLength(name);
  const special = name === '.' || name === '..' || /[/\0]/.test(name);
  if (bytes === 0 || bytes > 255 || special || /\p{Surrogate}/u.test(name)) {
    throw outOfRange('name', "1 to 255 bytes without '/' and NUL, and not '.' or '..'", name);
  }
  return name;
}

/** A name as Python makes them. */
export function uniqueMemoryName(): string {
  return `psm_${randomBytes(4).toString('hex')}`;
}
