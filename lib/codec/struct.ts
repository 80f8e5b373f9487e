import { isStruct, type StructField, type StructType } from '../ctypes/struct.js';
import type { CType } from '../ctypes/type.js';
import { SerializationError } from '../errors.js';
import type { Codec, Scratch } from './codec.js';
import { reserve } from './store.js';

/** What a segment's header says of a queue or pipe whose messages are records of one struct. */
export const structCodecId = 4;

/** A codec that knows its type, so that another process can be told. */
export interface StructCodec<T = unknown> extends Codec<T> {
  readonly type: StructType<T>;
}

const made = new WeakMap<StructType, StructCodec>();

/** The codec whose messages are the bytes of a struct, as C lays it out: no names, no lengths. */
export function structCodec<T>(type: StructType<T>): StructCodec<T> {
  const known = made.get(type as StructType);
  if (known !== undefined) return known as StructCodec<T>;
  const codec = createStructCodec(type);
  made.set(type as StructType, codec as StructCodec);
  return codec;
}

export function isStructCodec(codec: Codec): codec is StructCodec {
  return codec.id === structCodecId;
}

/** A view on the memory of the last message: most messages go into one and the same buffer, and come out of one. */
function lastView(): (bytes: Buffer) => DataView {
  let viewed: Buffer | undefined;
  let view: DataView = new DataView(new ArrayBuffer(0));
  return (bytes) => {
    if (bytes !== viewed) {
      viewed = bytes;
      view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    return view;
  };
}

const sentView = lastView();
const receivedView = lastView();

function createStructCodec<T>(type: StructType<T>): StructCodec<T> {
  const { size } = type;
  const { read, write, writeAt } = compile(type as StructType) ?? interpret(type as StructType);
  return Object.freeze({
    id: structCodecId,
    name: 'struct',
    type,
    encode(value: T, scratch: Scratch): void {
      if (!write(value, scratch)) writeChecked(type as StructType, value, scratch);
      if (scratch.objects.length !== 0) scratch.objects.length = 0;
      scratch.start = scratch.from;
      scratch.end = scratch.from + size;
    },
    decode(bytes: Buffer, start: number, end: number): T {
      if (end - start !== size) throw noRecord(end - start, type as StructType);
      return read(receivedView(bytes), start) as T;
    },
    encodeMany(values: readonly T[], count: number, scratch: Scratch, sizes: Uint32Array): void {
      reserve(scratch, count * size);
      const { from } = scratch;
      // A getter that encodes a batch of its own does so elsewhere: this memory stays what it is.
      const view = sentView(scratch.buffer);
      for (let i = 0, at = from; i < count; i++, at += size) {
        if (writeAt(values[i], view, at)) continue;
        scratch.from = at;
        writeChecked(type as StructType, values[i], scratch);
      }
      sizes.fill(size, 0, count);
      if (scratch.objects.length !== 0) scratch.objects.length = 0;
      scratch.from = scratch.start = from;
      scratch.end = from + count * size;
    },
    decodeMany(bytes: Buffer, sizes: Uint32Array, count: number, values: T[]): void {
      const view = receivedView(bytes);
      for (let i = 0, start = 0; i < count; i++, start += size) {
        if (sizes[i] !== size) {
          values.length = i;
          throw noRecord(sizes[i] as number, type as StructType);
        }
        values[i] = read(view, start) as T;
      }
    },
  });
}

function noRecord(bytes: number, { size, code }: StructType): SerializationError {
  return new SerializationError(
    `A message of ${bytes} bytes is no record of ${size} bytes (${code})`,
  );
}

interface Access {
  read(view: DataView, start: number): unknown;
  /** False where a value is not of the commonest kind: `writeChecked` then looks closely. */
  write(value: unknown, scratch: Scratch): boolean;
  /** The same into memory that is known not to move meanwhile. */
  writeAt(value: unknown, view: DataView, from: number): boolean;
}

/** The scratch memory for a record. Asked for once all of a value has been read: a getter may have encoded something itself. */
function target(scratch: Scratch, size: number): DataView {
  reserve(scratch, size);
  return sentView(scratch.buffer);
}

/** Any record, and the errors of what is none. */
function writeChecked(type: StructType, value: unknown, scratch: Scratch): void {
  const checked = checkRecord(type, value, '$');
  const memory = target(scratch, type.size);
  // The padding too: it must not carry what the memory held before.
  const { from } = scratch;
  scratch.buffer.fill(0, from, from + type.size);
  type.write(memory, from, checked);
}

function checkRecord(type: StructType, value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new SerializationError(`An object with the fields of the struct is needed at ${path}`, {
      path,
    });
  }
  const checked: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    if (!type.fields.some((field) => field.name === key)) {
      const where = `${path}.${key}`;
      throw new SerializationError(`The struct has no field for ${where}`, { path: where });
    }
  }
  for (const field of type.fields) {
    const where = `${path}.${field.name}`;
    const part = (value as Record<string, unknown>)[field.name];
    if (isStruct(field.type)) checked[field.name] = checkRecord(field.type, part, where);
    else checked[field.name] = checkField(field.type, part, where);
  }
  return checked;
}

function checkField(type: CType, value: unknown, where: string): unknown {
  try {
    return type.check(value, where);
  } catch (cause) {
    throw new SerializationError(cause instanceof Error ? cause.message : String(cause), {
      path: where,
      cause,
    });
  }
}

/** Field by field through the types, where no code can be made. */
function interpret(type: StructType): Access {
  return {
    read: (memory, start) => type.read(memory, start),
    write: () => false,
    writeAt: () => false,
  };
}

const accessors: Readonly<Record<string, string>> = {
  c_byte: 'Int8',
  c_ubyte: 'Uint8',
  c_short: 'Int16',
  c_ushort: 'Uint16',
  c_int: 'Int32',
  c_uint: 'Uint32',
  c_long: 'BigInt64',
  c_ulong: 'BigUint64',
  c_longlong: 'BigInt64',
  c_ulonglong: 'BigUint64',
  c_float: 'Float32',
  c_double: 'Float64',
};

/**
 * Straight code for one struct: a literal of fixed shape on the way out, and on the way in one comparison for each field. Loops
 * over fields would look each property up by a name that the engine cannot foresee, which costs more than all the rest.
 * `undefined` where the program forbids making code (`--disallow-code-generation-from-strings`).
 */
function compile(type: StructType): Access | undefined {
  const parts: CType[] = [];
  const { reads, writes } = writeLines(type);
  const code = `'use strict';
return {
  read: (view, start) => ${readExpression(type, 0, parts)},
  write(value, scratch) {
    ${reads.join('\n    ')}
    const view = target(scratch, ${type.size});
    const { from } = scratch;
    ${writes.join('\n    ')}
    return true;
  },
  writeAt(value, view, from) {
    ${reads.join('\n    ')}
    ${writes.join('\n    ')}
    return true;
  },
};`;
  try {
    return new Function('parts', 'target', code)(parts, target) as Access;
  } catch (error) {
    if (error instanceof EvalError) return undefined;
    throw error;
  }
}

/** `struct()` has let only identifiers through, so that a name is safe in code. */
function readExpression(type: StructType, base: number, parts: CType[]): string {
  const properties = type.fields.map((field) => {
    const offset = base + field.offset;
    return `${field.name}: ${readField(field, offset, parts)}`;
  });
  return `({ ${properties.join(', ')} })`;
}

function readField({ type }: StructField, offset: number, parts: CType[]): string {
  if (isStruct(type)) return readExpression(type, offset, parts);
  const accessor = accessors[type.name];
  if (accessor !== undefined) return `view.get${accessor}(start + ${offset}, true)`;
  if (type.kind === 'bool') return `view.getUint8(start + ${offset}) !== 0`;
  return `parts[${parts.push(type) - 1}].read(view, start + ${offset})`;
}

/** Reads and checks all of the value, and only then writes: a getter may use this very codec. */
function writeLines(type: StructType): { reads: string[]; writes: string[] } {
  const reads: string[] = [];
  const writes: string[] = [];
  let names = 0;
  const visit = (record: StructType, base: number, value: string): void => {
    const count = `n${names++}`;
    reads.push(
      `if (typeof ${value} !== 'object' || ${value} === null) return false;`,
      `let ${count} = 0;`,
      `for (const key in ${value}) ${count}++;`,
      // Properties that the struct does not have would be lost without a word.
      `if (${count} !== ${record.fields.length}) return false;`,
    );
    for (const field of record.fields) {
      const offset = base + field.offset;
      const local = `v${names++}`;
      reads.push(`const ${local} = ${value}.${field.name};`);
      if (isStruct(field.type)) visit(field.type, offset, local);
      else {
        const write = writeField(field.type, offset, local);
        reads.push(write ? `if (${isUncommon(field.type, local)}) return false;` : 'return false;');
        if (write) writes.push(write);
      }
    }
  };
  visit(type, 0, 'value');
  for (const offset of paddingOf(type, 0)) writes.push(`view.setUint8(from + ${offset}, 0);`);
  return { reads, writes };
}

/** `undefined` for the types whose values are no plain numbers: characters. */
function writeField(type: CType, offset: number, value: string): string | undefined {
  if (type.kind === 'bool') return `view.setUint8(from + ${offset}, ${value} ? 1 : 0);`;
  const accessor = accessors[type.name];
  return accessor && `view.set${accessor}(from + ${offset}, ${value}, true);`;
}

/** A condition that holds for what `writeChecked` has to see. Comparisons with NaN are false. */
function isUncommon(type: CType, value: string): string {
  if (type.kind === 'bool') return `typeof ${value} !== 'boolean'`;
  if (type.kind === 'float') {
    const number = `typeof ${value} !== 'number'`;
    return type.size === 8 ? number : `${number} || !(Math.abs(${value}) < 3e38)`;
  }
  const suffix = type.bigint ? 'n' : '';
  const range = `!(${value} >= ${type.min}${suffix} && ${value} <= ${type.max}${suffix})`;
  if (type.bigint) return `typeof ${value} !== 'bigint' || ${range}`;
  return `!Number.isInteger(${value}) || ${range}`;
}

/** The bytes that belong to no field. */
function paddingOf(type: StructType, base: number): number[] {
  const padding: number[] = [];
  let end = 0;
  for (const field of type.fields) {
    for (; end < field.offset; end++) padding.push(base + end);
    if (isStruct(field.type)) padding.push(...paddingOf(field.type, base + field.offset));
    end = field.offset + field.type.size;
  }
  for (; end < type.size; end++) padding.push(base + end);
  return padding;
}
