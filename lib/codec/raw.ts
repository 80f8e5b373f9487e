import { types } from 'node:util';
import { SerializationError } from '../errors.js';
import type { Codec, Scratch } from './codec.js';
import { copyBytes, storeBytes } from './store.js';

/** Bytes as they are: takes a Buffer, Uint8Array, ArrayBuffer or DataView, gives a Buffer. */
export const rawCodec: Codec = {
  id: 0,
  name: 'raw',
  encode(value: unknown, scratch: Scratch): void {
    storeBytes(scratch, bytesOf(value));
  },
  decode: copyBytes,
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
