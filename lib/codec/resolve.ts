import { describeType } from '../ctypes/describe.js';
import { isStruct, type StructType } from '../ctypes/struct.js';
import { isCType } from '../ctypes/type.js';
import { invalidArgType, outOfRange, SerializationError } from '../errors.js';
import type { Codec, Scratch } from './codec.js';
import { jsonCodec } from './json.js';
import { msgpackCodec } from './msgpack.js';
import { rawCodec } from './raw.js';
import { copyBytes, storeBytes } from './store.js';
import { isStructCodec, structCodec } from './struct.js';
import { v8Codec } from './v8.js';

/** A codec of the caller's own. */
export interface CustomCodec<T = unknown> {
  /** For messages of errors. */
  readonly name?: string;
  /** The bytes of a value. They are copied before the next call. */
  encode(value: T): Uint8Array;
  /** The value of the bytes, which are the callee's to keep. */
  decode(bytes: Uint8Array): T;
}

/** What the option `codec` takes. A struct: every message is one record, in the bytes that C gives it. */
export type CodecOption<T = unknown> =
  | 'msgpack'
  | 'v8'
  | 'json'
  | 'raw'
  | StructType<T>
  | CustomCodec<T>;

const codecs: readonly Codec[] = [rawCodec, msgpackCodec, v8Codec, jsonCodec];

/** The id of every codec that is not built in. */
export const customCodecId = 255;

/**
 * The codec that an option names; `undefined` is msgpack.
 * @throws TypeError for what is no codec, RangeError for an unknown name.
 */
export function resolveCodec(codec: unknown): Codec {
  if (codec === undefined) return msgpackCodec;
  if (typeof codec === 'string') {
    const known = codecs.find(({ name }) => name === codec);
    if (known === undefined) throw outOfRange('codec', "'msgpack', 'v8', 'json' or 'raw'", codec);
    return known;
  }
  if (isCType(codec) && isStruct(codec)) return structCodec(codec);
  if (!isCustomCodec(codec)) {
    throw invalidArgType('codec', 'a name, a struct or an object with encode and decode', codec);
  }
  return wrap(codec);
}

/** The built-in codec with an id; `undefined` for those of callers, who must give them again. */
export function codecById(id: number): Codec | undefined {
  return codecs.find((codec) => codec.id === id);
}

/** What those who open an object have to be told of its codec, besides the id. */
export function describeCodec(codec: Codec): { readonly record?: unknown } {
  return isStructCodec(codec) ? { record: describeType(codec.type) } : {};
}

function isCustomCodec(codec: unknown): codec is CustomCodec {
  return (
    typeof codec === 'object' &&
    codec !== null &&
    'encode' in codec &&
    'decode' in codec &&
    typeof codec.encode === 'function' &&
    typeof codec.decode === 'function'
  );
}

function wrap(codec: CustomCodec): Codec {
  const name = typeof codec.name === 'string' ? codec.name : 'custom';
  return {
    id: customCodecId,
    name,
    encode(value: unknown, scratch: Scratch): void {
      let bytes: unknown;
      try {
        bytes = codec.encode(value);
      } catch (cause) {
        throw new SerializationError(`Codec ${name} failed to encode`, { cause });
      }
      if (!(bytes instanceof Uint8Array)) {
        throw new SerializationError(`Codec ${name} encoded to what is no Uint8Array`);
      }
      storeBytes(scratch, bytes);
    },
    decode(bytes: Buffer, start: number, end: number): unknown {
      const copy = copyBytes(bytes, start, end);
      try {
        return codec.decode(copy);
      } catch (cause) {
        throw new SerializationError(`Codec ${name} failed to decode`, { cause });
      }
    },
  };
}
