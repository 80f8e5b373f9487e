import { invalidArgType, outOfRange } from '../errors.js';
import { assertCType, type CType, type ValueOf } from './type.js';

/** What `struct` takes: the fields' types in the order in memory. */
export type Fields = Readonly<Record<string, CType>>;

/** The value of a struct: one property for each field. */
export type StructValue<F extends Fields> = { -readonly [K in keyof F]: ValueOf<F[K]> };

export interface StructField {
  readonly name: string;
  readonly type: CType;
  /** Bytes from the struct's beginning. */
  readonly offset: number;
}

/** A C struct: fields in order, aligned and padded as a C compiler does. */
export interface StructType<T = Record<string, unknown>> extends CType<T> {
  readonly kind: 'struct';
  readonly fields: readonly StructField[];
}

/**
 * A struct of the given fields, which may be structs themselves: `struct({ x: c_int, y: c_double })`.
 * Python: a `ctypes.Structure` with `_fields_`.
 * @throws TypeError for a field that is no type, RangeError for no fields or for a name that is no identifier.
 */
export function struct<F extends Fields>(fields: F, name = 'struct'): StructType<StructValue<F>> {
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
    throw invalidArgType('fields', 'an object of types', fields);
  }
  const placed: StructField[] = [];
  let size = 0;
  let align = 1;
  for (const [key, value] of Object.entries(fields)) {
    if (!/^[A-Za-z_$][\w$]*$/.test(key) || key === '__proto__') {
      throw outOfRange('The name of a field', 'an identifier', key);
    }
    const type = assertCType(value, `Field ${key}`);
    const offset = Math.ceil(size / type.align) * type.align;
    placed.push(Object.freeze({ name: key, type, offset }));
    size = offset + type.size;
    align = Math.max(align, type.align);
  }
  if (placed.length === 0) throw outOfRange('fields', 'at least one field', fields);
  size = Math.ceil(size / align) * align;
  type Value = StructValue<F>;
  return Object.freeze({
    name,
    code: `T{${placed.map((field) => `${field.type.code}:${field.name}:`).join('')}}`,
    size,
    align,
    kind: 'struct',
    signed: false,
    bigint: false,
    min: undefined,
    max: undefined,
    typedArray: undefined,
    fields: Object.freeze(placed),
    read: (view: DataView, offset: number) => readFields(placed, view, offset) as Value,
    write(view: DataView, offset: number, value: Value): void {
      for (const field of placed) {
        field.type.write(view, offset + field.offset, value[field.name]);
      }
    },
    check: (value: unknown, where: string) => checkFields(placed, value, where) as Value,
  });
}

export function isStruct(type: CType): type is StructType {
  return type.kind === 'struct';
}

function readFields(
  fields: readonly StructField[],
  view: DataView,
  offset: number,
): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  for (const field of fields) value[field.name] = field.type.read(view, offset + field.offset);
  return value;
}

function checkFields(
  fields: readonly StructField[],
  value: unknown,
  where: string,
): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) {
    throw invalidArgType(where, 'an object with the fields of the struct', value);
  }
  const checked: Record<string, unknown> = {};
  if (Array.isArray(value)) {
    if (value.length !== fields.length) {
      throw outOfRange(where, `an array of ${fields.length} values`, value);
    }
    fields.forEach((field, index) => {
      checked[field.name] = field.type.check(value[index], `${where}.${field.name}`);
    });
    return checked;
  }
  const unknown = Object.keys(value).find((key) => !fields.some((field) => field.name === key));
  if (unknown !== undefined) {
    throw outOfRange(where, `without other fields than ${fields.map((f) => f.name)}`, unknown);
  }
  for (const field of fields) {
    const part = (value as Record<string, unknown>)[field.name];
    checked[field.name] = field.type.check(part, `${where}.${field.name}`);
  }
  return checked;
}

/** A copy of a struct in memory, as a plain object. */
export function readStruct<T>(type: StructType<T>, view: DataView, offset = 0): T {
  return type.read(view, offset);
}

/**
 * Assigns a struct whole, from an object with all its fields or an array of their values. Nothing is written unless all is right.
 * @throws TypeError or RangeError as the fields' types do.
 */
export function writeStruct<T>(
  type: StructType<T>,
  view: DataView,
  offset: number,
  value: unknown,
  where = 'value',
): void {
  type.write(view, offset, type.check(value, where));
}

/**
 * A live view: reading a property reads the memory, assigning to it checks and writes. A field that is a struct is a view too, and
 * can be assigned whole. `source` may be a function, asked at each access, so that it can throw once the memory is gone.
 */
export function structView<T>(
  type: StructType<T>,
  source: DataView | (() => DataView),
  offset = 0,
): T {
  const memory = typeof source === 'function' ? source : () => source;
  const view: object = {};
  for (const field of type.fields) {
    const place = offset + field.offset;
    const inner = isStruct(field.type) ? structView(field.type, memory, place) : undefined;
    Object.defineProperty(view, field.name, {
      enumerable: true,
      get: () => inner ?? field.type.read(memory(), place),
      set(value: unknown): void {
        const checked = field.type.check(value, field.name);
        field.type.write(memory(), place, checked);
      },
    });
  }
  // So that a misspelt field is an error, not a property that no one else sees.
  return Object.preventExtensions(view) as T;
}
