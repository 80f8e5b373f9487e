import { sharedHooks } from './codec.js';
import type { Decoder } from './decoder.js';
import { binaryTypes, errorNames, extension } from './format.js';
import { defineProperty, HookFailure, Malformed } from './malformed.js';

/** Reads the payload of an extension. The caller has checked that it is there and checks that all of it was read. */
export function readExtension(decoder: Decoder, type: number, length: number): unknown {
  switch (type) {
    case extension.timestamp:
      return decoder.register(readDate(decoder, length));
    case extension.invalidDate:
      decoder.position += length;
      return decoder.register(new Date(Number.NaN));
    case extension.pointer:
      if (length !== 4) throw new Malformed('a pointer has a wrong length');
      decoder.position += 4;
      return decoder.pointer(decoder.view.getUint32(decoder.position - 4));
    case extension.bigint:
      return readBigInt(decoder, length);
    case extension.utf16:
      if (length % 2 !== 0) throw new Malformed('a string of UTF-16 has an odd length');
      decoder.position += length;
      return decoder.buffer.toString('utf16le', decoder.position - length, decoder.position);
    case extension.binary:
      return decoder.register(readBinary(decoder, length));
    case extension.map:
      return readMap(decoder);
    case extension.set:
      return readSet(decoder);
    case extension.arrayWithProperties:
      return readArrayWithProperties(decoder);
    case extension.regexp:
      return readRegExp(decoder);
    case extension.boxed:
      return readBoxed(decoder);
    case extension.error:
      return readError(decoder);
    case extension.handle:
      return readHandle(decoder, length);
    default:
      throw new Malformed(`it has an extension of unknown type ${type}`);
  }
}

function readDate(decoder: Decoder, length: number): Date {
  const { view, position } = decoder;
  decoder.position += length;
  if (length === 4) return new Date(view.getUint32(position) * 1000);
  if (length === 8) {
    // 30 bits of nanoseconds, 34 of seconds; as numbers, since BigInts cost more than all the rest.
    const high = view.getUint32(position);
    const seconds = (high & 3) * 0x100000000 + view.getUint32(position + 4);
    return new Date(seconds * 1000 + (high >>> 2) / 1_000_000);
  }
  if (length === 12) {
    const seconds = Number(view.getBigInt64(position + 4));
    return new Date(seconds * 1000 + view.getUint32(position) / 1_000_000);
  }
  throw new Malformed('a timestamp has a wrong length');
}

function readBigInt(decoder: Decoder, length: number): bigint {
  if (length === 0) throw new Malformed('an integer has no bytes');
  const start = decoder.position;
  decoder.position += length;
  const value = BigInt(`0x${decoder.buffer.toString('hex', start, decoder.position)}`);
  return BigInt.asIntN(8 * length, value);
}

type BinaryConstructor = new (buffer: ArrayBuffer) => object;

function readBinary(decoder: Decoder, length: number): object {
  const start = decoder.position + 1;
  const type = length === 0 ? '' : binaryTypes[decoder.buffer[start - 1] as number];
  decoder.position += length;
  // A Buffer's own `slice` would be a view of the memory that the next message comes in.
  const { buffer } = Uint8Array.prototype.slice.call(decoder.buffer, start, decoder.position);
  if (type === 'ArrayBuffer') return buffer;
  const Class = (globalThis as unknown as Record<string, BinaryConstructor | undefined>)[
    type ?? ''
  ];
  if (type === undefined || type === '' || Class === undefined) {
    throw new Malformed('it has an unknown binary type');
  }
  return new Class(buffer as ArrayBuffer);
}

function readMap(decoder: Decoder): Map<unknown, unknown> {
  const map = decoder.register(new Map<unknown, unknown>());
  return decoder.readEntries(map, readMapHeader(decoder));
}

function readMapHeader(decoder: Decoder): number {
  const token = readToken(decoder);
  if (token >= 0x80 && token < 0x90) return token - 0x80;
  if (token === 0xde) {
    decoder.position += 2;
    return decoder.view.getUint16(decoder.position - 2);
  }
  if (token !== 0xdf) throw new Malformed('it has no map where one must be');
  decoder.position += 4;
  return decoder.view.getUint32(decoder.position - 4);
}

function readArrayHeader(decoder: Decoder): number {
  const token = readToken(decoder);
  if (token >= 0x90 && token < 0xa0) return token - 0x90;
  if (token === 0xdc) {
    decoder.position += 2;
    return decoder.view.getUint16(decoder.position - 2);
  }
  if (token !== 0xdd) throw new Malformed('it has no array where one must be');
  decoder.position += 4;
  return decoder.view.getUint32(decoder.position - 4);
}

function readToken(decoder: Decoder): number {
  decoder.need(1);
  return decoder.buffer[decoder.position++] as number;
}

function readSet(decoder: Decoder): Set<unknown> {
  const set = decoder.register(new Set());
  const length = readArrayHeader(decoder);
  for (let i = 0; i < length; i++) set.add(decoder.read());
  return set;
}

function readArrayWithProperties(decoder: Decoder): unknown[] {
  const array = decoder.readArray(readArrayHeader(decoder));
  readPropertiesInto(decoder, array, true);
  return array;
}

function readPropertiesInto(decoder: Decoder, object: object, enumerable: boolean): void {
  const length = readMapHeader(decoder);
  for (let i = 0; i < length; i++) {
    const key = readText(decoder);
    if (Array.isArray(object) && key === 'length') throw new Malformed('an array has two lengths');
    defineProperty(object, key, decoder.read(), enumerable);
  }
}

function readText(decoder: Decoder): string {
  const value = decoder.read();
  if (typeof value !== 'string') throw new Malformed('it has no string where one must be');
  return value;
}

function readRegExp(decoder: Decoder): RegExp {
  if (readArrayHeader(decoder) !== 2) throw new Malformed('a RegExp has not two parts');
  const source = readText(decoder);
  return decoder.register(new RegExp(source, readText(decoder)));
}

function readBoxed(decoder: Decoder): object {
  const index = decoder.reserve();
  const value = decoder.read();
  if (value === null || value === undefined || typeof value === 'object') {
    throw new Malformed('a boxed value is no primitive');
  }
  return decoder.fill(index, Object(value));
}

function readError(decoder: Decoder): Error {
  if (readArrayHeader(decoder) !== 3) throw new Malformed('an error has not three parts');
  const base = readText(decoder);
  const name = errorNames.find((known) => known === base);
  if (name === undefined) throw new Malformed('an error is of an unknown class');
  const error = decoder.register(
    name === 'AggregateError' ? new AggregateError([]) : new globalThis[name](),
  );
  // What the reader's constructor puts there says nothing about the error that was sent.
  for (const key of Object.getOwnPropertyNames(error)) {
    if (Object.getOwnPropertyDescriptor(error, key)?.configurable)
      Reflect.deleteProperty(error, key);
  }
  readPropertiesInto(decoder, error, false);
  readPropertiesInto(decoder, error, true);
  return error;
}

function readHandle(decoder: Decoder, length: number): object {
  const start = decoder.position;
  decoder.position += length;
  const handle: unknown = JSON.parse(decoder.buffer.toString('utf8', start, decoder.position));
  if (typeof handle !== 'object' || handle === null) throw new Malformed('a handle is no object');
  try {
    return decoder.register(sharedHooks().fromHandle(handle));
  } catch (cause) {
    throw new HookFailure('attaching failed', { cause });
  }
}
