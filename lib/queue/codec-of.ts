import type { Described } from '../attachment.js';
import type { Codec } from '../codec/codec.js';
import { codecById, resolveCodec } from '../codec/resolve.js';
import { isStructCodec, type StructCodec, structCodec, structCodecId } from '../codec/struct.js';
import { readType } from '../ctypes/describe.js';
import { isStruct, type StructType } from '../ctypes/struct.js';
import { CorruptSegmentError, InterprocError, invalidArgType } from '../errors.js';

/** The codec of an existing object; a caller's own cannot be guessed and has to be given. */
export function codecOf<T>(found: Described, given: unknown): Codec<T> {
  const { name } = found;
  const record = found.codec === structCodecId ? recordCodec<T>(found) : undefined;
  if (given !== undefined) {
    const codec = resolveCodec(given) as Codec<T>;
    if (isStructCodec(codec) && codec.type.code !== record?.type.code) {
      throw new InterprocError(
        `'${name}' holds ${record ? `records of ${record.type.code}` : 'no records'}, not of ${codec.type.code}`,
        { code: 'ERR_OPTIONS_MISMATCH' },
      );
    }
    return codec;
  }
  const known = record ?? codecById(found.codec);
  if (known !== undefined) return known as Codec<T>;
  throw invalidArgType('codec', `given: '${name}' was created with a codec of its own`, given);
}

function recordCodec<T>({ meta, name }: Described): StructCodec<T> {
  const type = readType(meta['record'], name);
  if (isStruct(type)) return structCodec(type as StructType<T>);
  throw new CorruptSegmentError(`The records of '${name}' are no struct`);
}
