import { constants } from 'node:buffer';
import { Attachment, type Check, type CreateOptions, type Described, Kind } from '../attachment.js';
import type { CType } from '../ctypes/ctypes.js';
import { describeType, readType } from '../ctypes/describe.js';
import { CorruptSegmentError, invalidArgType, LayoutMismatchError, outOfRange } from '../errors.js';
import { lockAgain, openGivenLock } from '../sync/given-lock.js';
import { Lock, lockOfCell } from '../sync/lock.js';
import { RLock } from '../sync/rlock.js';
import { binding } from '../native.js';
import { readBoolean } from '../options.js';
import { readCreation } from '../queue/options.js';
import type { Handle, SharedObject } from '../shared-object.js';

/** Typed memory in a segment of its own: what `Value` and `SharedArray` are made on. */
export interface CellOptions extends CreateOptions {
  /**
   * `true`: a `Lock` of its own. `false`: none. A `Lock` or an `RLock`: that one. Default `true`. Python makes an `RLock`; between
   * asynchronous tasks of one thread, which are one owner, that would exclude nobody.
   */
  readonly lock?: boolean | Lock | RLock | undefined;
}

export const cellOptionNames = ['name', 'persist', 'mode', 'lock'];

export type CellKind = 'value' | 'array';

export interface CellShape {
  readonly kind: CellKind;
  readonly type: CType;
  readonly length: number;
}

/** What a handle on a value or an array is made of. */
export interface Cell extends CellShape {
  readonly attachment: Attachment;
  readonly lock: Lock | RLock | undefined;
}

/** Creates memory for a shape. `initial` is in it before anybody else can open it; what lies behind that is zero. */
export function createCell(
  shape: CellShape,
  options: Readonly<Record<string, unknown>>,
  initial: Uint8Array,
): Cell {
  const { name, persist, mode } = readCreation(options);
  const given = options['lock'];
  const meta = JSON.stringify({
    kind: shape.kind,
    type: describeType(shape.type),
    length: shape.length,
    lock: describeLock(given),
  });
  const bytes = shape.type.size * shape.length;
  if (bytes > largestView) {
    throw outOfRange(
      'length',
      `at most ${Math.floor(largestView / shape.type.size)}`,
      shape.length,
    );
  }
  // Before anything exists: a lock that is closed leaves nothing behind.
  const shared = typeof given === 'object' ? lockAgain(given) : undefined;
  try {
    const attachment = Attachment.create(name, (chosen) =>
      binding.createCell(chosen, mode, persist, 0, meta, bytes, initial),
    );
    return { ...shape, attachment, lock: shared ?? lockOf(attachment) };
  } catch (error) {
    shared?.close();
    throw error;
  }
}

/** Attaches to a value or an array, where `check` has nothing against it, and reads what its creator said of it. */
export function openCell(name: string, kind: CellKind, check?: Check): Cell {
  const attachment = Attachment.open(name, binding.openCell, Kind.cell, (found) => {
    if (found.meta['kind'] !== kind)
      throw new LayoutMismatchError(`'${name}' is no ${kind}; open it with its own class`);
    check?.(found);
  });
  return attachment.prepare(() => {
    const shape = readShape(attachment, kind);
    return { ...shape, attachment, lock: lockOf(attachment) };
  });
}

/** V8 makes no buffer of more bytes. */
const largestView = constants.MAX_LENGTH;

function readShape(attachment: Attachment, kind: CellKind): CellShape {
  const { name, meta } = attachment;
  const { length } = meta;
  const type = readType(meta['type'], name);
  const bytes = binding.cellBytes(attachment.id);
  const fits = Number.isInteger(length) && (length as number) * type.size === bytes;
  if (!fits || bytes > largestView || (kind === 'value' && length !== 1)) {
    throw new CorruptSegmentError(`The length of '${name}' does not fit its memory`);
  }
  return { kind, type, length: length as number };
}

/** A buffer keeps the handle that it belongs to: while a view of it is in use, it is not detached by the garbage collector. */
const keepers = new WeakMap<ArrayBuffer, SharedObject>();

/**
 * The memory of a cell, for a handle. It is the handle's own: `closeView` empties what was made of it, and no other handle's. (Node.js
 * lets no buffer on foreign memory be transferred.)
 */
export function viewOf(attachment: Attachment, handle: SharedObject): ArrayBuffer {
  const buffer = binding.cellView(attachment.id);
  keepers.set(buffer, handle);
  return buffer;
}

/** The lock that goes with a cell; `undefined` where it has none. */
function lockOf(attachment: Attachment): Lock | RLock | undefined {
  const { lock } = attachment.meta;
  if (lock === true) return lockOfCell(attachment);
  return lock === false ? undefined : openGivenLock(lock, attachment.name);
}

/** What `openOrCreate` compares: `undefined` where the option was left out. */
export function lockOption(lock: unknown): boolean | string | undefined {
  if (lock === undefined) return undefined;
  const described = describeLock(lock);
  return typeof described === 'boolean' ? described : described.name;
}

/** The same for an object that exists. */
export function lockKept({ meta }: Described): unknown {
  const { lock } = meta;
  return typeof lock === 'boolean' ? lock : (lock as Partial<Handle> | undefined)?.name;
}

function describeLock(lock: unknown): boolean | Handle {
  if (lock instanceof Lock || lock instanceof RLock) return lock.handle;
  if (lock === null || (lock !== undefined && typeof lock !== 'boolean')) {
    throw invalidArgType('lock', 'true, false, a Lock or an RLock', lock);
  }
  return readBoolean(lock, 'lock', true);
}
