import { types } from 'node:util';
import { SerializationError } from '../errors.js';
import type { Codec, Scratch } from './codec.js';
import { copyBytes, reserve, storeBytes } from './store.js';

/** Bytes as they are: takes a Buffer, Uint8Array, ArrayBuffer or DataView, gives a Buffer. */
export const rawCodec: Codec = {
  id: 0,
  name: 'raw',
  encode(value: unknown, scratch: Scratch): void {
    storeBytes(scratch, bytesOf(value));
  },
  decode: copyBytes,
  encodeMany(values: readonly unknown[], count: number, scratch: Scratch, sizes: Uint32Array) {
    const { from } = scratch;
    let at = from;
    for (let i = 0; i < count; i++) {
      const bytes = bytesOf(values[i]);
      const { length } = bytes;
      if (scratch.buffer.length - at < length) {
        scratch.from = at;
        reserve(scratch, length);
      }
      scratch.buffer.set(bytes, at);
      sizes[i] = length;
      at += length;
    }
    scratch.from = scratch.start = from;
    scratch.end = at;
    if (scratch.objects.length !== 0) scratch.objects.length = 0;
  },
};

function bytesOf(value: unknown): Uint8Array {
  if (types.isUint8Array(value)) return value;
  try {
    if (types.isArrayBuffer(value)) return new Uint8Array(value);
    if (types.isDataView(value)) {
      return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    }
  } catch (cause) {
    throw new SerializationError('A detached buffer cannot be serialized at $', { cause });
  }
  throw new SerializationError('The raw codec takes bytes only, at $');
}
