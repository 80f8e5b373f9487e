import { constants } from 'node:buffer';
import { binding } from '../addon.js';
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
  /**
   * The user (uid) whose memory it is to be; anybody else's is refused with `EACCES`. Only to attach. Default: this process's
   * effective user.
   */
  readonly owner?: number | undefined;
}

/** Whose memory is meant where a name is all that is known. */
export type OwnerOption = Pick<SharedMemoryOptions, 'owner'>;

const optionNames = ['name', 'create', 'size', 'persist', 'mode', 'owner'];

/** V8 makes no buffer of more bytes. */
export const largestMemory = constants.MAX_LENGTH;

/** What to create; without a `name` one is made up. */
export interface Creation {
  readonly name: string | undefined;
  readonly size: number;
  readonly persist: boolean;
  readonly mode: number;
}

/** What to attach to. */
export interface Existing {
  readonly name: string;
  readonly owner: number;
}

/** What `new SharedMemory` was asked for: what to attach to, or, with a `size`, what to create. */
export function readMemoryOptions(options: unknown): Existing | Creation {
  const given = checkOptions(options, optionNames, 'SharedMemory');
  if (readBoolean(given['create'], 'create', false)) return readCreation(given);
  for (const option of ['persist', 'mode']) {
    if (given[option] === undefined) continue;
    throw invalidArgType(option, 'left out where nothing is created', given[option]);
  }
  if (given['name'] === undefined) {
    throw invalidArgType('name', 'given, or create: true and a size', undefined);
  }
  return { name: checkMemoryName(given['name']), owner: readOwner(given['owner']) };
}

/** A uid; this process's effective one for `undefined`. The greatest number stands for no user. */
export function readOwner(value: unknown): number {
  return value === undefined ? euid() : readInteger(value, 'owner', 0, 0xfffffffe);
}

function euid(): number {
  return (process.geteuid as () => number)();
}

export function readCreation(given: Readonly<Record<string, unknown>>): Creation {
  if (given['owner'] !== undefined) {
    throw invalidArgType('owner', 'left out where something is created', given['owner']);
  }
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
  const bytes = Buffer.allocUnsafe(4);
  binding.randomBytes(bytes);
  return `psm_${bytes.toString('hex')}`;
}
