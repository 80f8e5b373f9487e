import { Attachment, type CreateOptions } from './attachment.js';
import { type CType, isStruct, resolveType, type StructType, struct } from './ctypes.js';
import { CorruptSegmentError, invalidArgType, LayoutMismatchError } from './errors.js';
import { Lock, lockOfCell } from './lock.js';
import { binding } from './native.js';
import { readBoolean } from './options.js';
import { readCreation } from './queue-options.js';
import type { SharedObject } from './shared-object.js';

/** Typed memory in a segment of its own: what `Value` and `SharedArray` are made on. */
export interface CellOptions extends CreateOptions {
  /** `true`: a lock of its own. `false`: none. A `Lock`: that one. Default `true`. */
  readonly lock?: boolean | Lock | undefined;
}

export const cellOptionNames = ['name', 'persist', 'mode', 'lock'];

export type CellKind = 'value' | 'array';

export interface CellShape {
  readonly kind: CellKind;
  readonly type: CType;
  readonly length: number;
}

/** Creates zeroed memory for a shape. */
export function createCell(
  shape: CellShape,
  options: Readonly<Record<string, unknown>>,
): Attachment {
  const { name, persist, mode } = readCreation(options);
  const meta = JSON.stringify({
    kind: shape.kind,
    type: describeType(shape.type),
    length: shape.length,
    lock: describeLock(options['lock']),
  });
  const bytes = shape.type.size * shape.length;
  return Attachment.create(name, (chosen) =>
    binding.createCell(chosen, mode, persist, 0, meta, bytes),
  );
}

/** Attaches to a value or an array, and reads what its creator said of it. */
export function openCell(
  name: string,
  kind: CellKind,
): { attachment: Attachment; shape: CellShape } {
  const attachment = Attachment.open(name, binding.openCell);
  try {
    return { attachment, shape: readShape(attachment, kind) };
  } catch (error) {
    attachment.retain().release();
    throw error;
  }
}

function readShape(attachment: Attachment, kind: CellKind): CellShape {
  const { name, meta } = attachment;
  if (meta['kind'] !== kind) {
    throw new LayoutMismatchError(`'${name}' is no ${kind}; open it with its own class`);
  }
  const { length } = meta;
  const type = readType(meta['type'], name);
  const bytes = binding.cellView(attachment.id).byteLength;
  if (typeof length !== 'number' || !Number.isInteger(length) || length * type.size !== bytes) {
    throw new CorruptSegmentError(`The length of '${name}' does not fit its memory`);
  }
  return { kind, type, length };
}

/** A buffer keeps the handles on its memory: while a view of it is in use, it is not detached by the garbage collector. */
const keepers = new WeakMap<ArrayBuffer, Set<SharedObject>>();

/** The memory of a cell, for a handle. */
export function viewOf(attachment: Attachment, handle: SharedObject): ArrayBuffer {
  const buffer = binding.cellView(attachment.id);
  let kept = keepers.get(buffer);
  if (kept === undefined) {
    kept = new Set();
    keepers.set(buffer, kept);
  }
  kept.add(handle);
  return buffer;
}

/** The lock that goes with a cell; `undefined` where it has none. */
export function lockOf(attachment: Attachment): Lock | undefined {
  const { lock } = attachment.meta;
  if (lock === true) return lockOfCell(attachment);
  return typeof lock === 'string' ? Lock.open(lock) : undefined;
}

function describeLock(lock: unknown): boolean | string {
  if (lock instanceof Lock) return lock.name;
  if (lock === null || (lock !== undefined && typeof lock !== 'boolean')) {
    throw invalidArgType('lock', 'true, false or a Lock', lock);
  }
  return readBoolean(lock, 'lock', true);
}

type TypeText =
  | string
  | { readonly struct: readonly (readonly [string, TypeText])[]; readonly name: string };

function describeType(type: CType): TypeText {
  if (!isStruct(type)) return type.code;
  const fields = type.fields.map((field) => [field.name, describeType(field.type)] as const);
  return { struct: fields, name: type.name };
}

function readType(text: unknown, name: string): CType {
  try {
    if (typeof text === 'string') return resolveType(text as 'i');
    const { struct: fields, name: structName } = text as Exclude<TypeText, string>;
    return struct(
      Object.fromEntries(fields.map(([field, type]) => [field, readType(type, name)])),
      structName,
    ) as StructType;
  } catch (cause) {
    throw new CorruptSegmentError(`The element type of '${name}' is unknown`, { cause });
  }
}
