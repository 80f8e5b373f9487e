import { CorruptSegmentError } from '../errors.js';
import { resolveType, type StructType, struct } from './ctypes.js';
import { isStruct } from './struct.js';
import type { CType } from './type.js';

/** A type as JSON, as the creator of a segment leaves it for those who open it: a typecode, or the fields of a struct. */
export type TypeText =
  | string
  | { readonly struct: readonly (readonly [string, TypeText])[]; readonly name: string };

export function describeType(type: CType): TypeText {
  if (!isStruct(type)) return type.code;
  const fields = type.fields.map((field) => [field.name, describeType(field.type)] as const);
  return { struct: fields, name: type.name };
}

/**
 * The code of `type`, to be compared with that of `existing`, whose own it is where both are the same type by two names: `l` and `q`, `L` and
 * `Q` have 64 bits (docs/layout.md).
 */
export function codeAgainst(existing: CType, type: CType): string {
  const { kind, size, signed } = existing;
  const same = type.kind === kind && type.size === size && type.signed === signed;
  return same && !isStruct(type) ? existing.code : type.code;
}

/** The type that `describeType` gave a text of. @throws CorruptSegmentError naming the object for anything else */
export function readType(text: unknown, name: string): CType {
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
