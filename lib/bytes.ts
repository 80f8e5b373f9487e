import { types } from 'node:util';
import { invalidArgType } from './errors.js';
import { readInteger } from './options.js';

/** The bytes that a buffer or view holds, without a copy. @throws TypeError for what holds none */
export function readBytes(value: unknown, name = 'buffer'): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  if (types.isAnyArrayBuffer(value)) return new Uint8Array(value);
  throw invalidArgType(name, 'a Buffer, typed array, DataView or ArrayBuffer', value);
}

/** What holds bytes. */
export type BytesLike = ArrayBufferView | ArrayBuffer;

/** The `maxLength` that no message exceeds. */
export const wholeMessage = Number.MAX_SAFE_INTEGER;

export function readMaxLength(maxLength: unknown): number {
  return maxLength === undefined ? wholeMessage : readInteger(maxLength, 'maxLength', 0);
}

/** `size` bytes from `offset`; the rest where `size` is left out. @throws RangeError for a part outside the buffer */
export function readSlice(value: unknown, offset: unknown = 0, size?: unknown): Uint8Array {
  const bytes = readBytes(value);
  const from = readInteger(offset, 'offset', 0, bytes.length);
  const rest = bytes.length - from;
  const length = size === undefined ? rest : readInteger(size, 'size', 0, rest);
  return from === 0 && length === bytes.length ? bytes : bytes.subarray(from, from + length);
}
