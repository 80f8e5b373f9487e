import { types } from 'node:util';
import { refuseStaying, type SharedLike, sharedHooks } from './codec.js';
import type { Encoder } from './encoder.js';
import { binaryTypes, errorNames, extension } from './format.js';
import { entrySegment, propertySegment, Unencodable } from './path.js';

const bufferPrototype: object = Buffer.prototype;
const datePrototype: object = Date.prototype;
const mapPrototype: object = Map.prototype;
const setPrototype: object = Set.prototype;
const tagOf = Object.prototype.toString;
const typedArrayTag = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)?.get;

const mapSize = Object.getOwnPropertyDescriptor(Map.prototype, 'size')?.get;
const setSize = Object.getOwnPropertyDescriptor(Set.prototype, 'size')?.get;

/** Writes an object that is neither a plain object nor a plain array. */
export function writeSpecial(encoder: Encoder, value: object): void {
  if (writeCommon(encoder, value)) return;
  const hooks = sharedHooks();
  if (hooks.isShared(value)) {
    writeHandle(encoder, JSON.stringify(hooks.toHandle(value)));
    encoder.objects.push(value as SharedLike);
    return;
  }
  refuseStaying(value);
  // The usual class instance; a tag of its own is what every built-in has that is not one of the next.
  const tag = tagOf.call(value);
  if (tag === '[object Object]' && !types.isMap(value) && !types.isSet(value)) {
    encoder.writeProperties(value);
    return;
  }
  if (Array.isArray(value)) encoder.writeArray(value);
  else if (types.isMap(value)) writeMap(encoder, value);
  else if (types.isSet(value)) writeSet(encoder, value);
  else if (types.isDate(value)) writeDate(encoder, value);
  else if (Buffer.isBuffer(value)) writeBuffer(encoder, value);
  else if (ArrayBuffer.isView(value)) writeView(encoder, value);
  else if (types.isArrayBuffer(value)) writeArrayBuffer(encoder, value);
  else if (types.isNativeError(value) || value instanceof Error) writeError(encoder, value);
  else if (types.isRegExp(value)) writeRegExp(encoder, value);
  else if (types.isBoxedPrimitive(value)) writeBoxed(encoder, value);
  else {
    refuseHostObject(value);
    encoder.writeProperties(value);
  }
}

/** The commonest, which their prototype and one look at what they are tell from all others. */
function writeCommon(encoder: Encoder, value: object): boolean {
  const prototype: object = Object.getPrototypeOf(value);
  if (prototype === bufferPrototype && types.isUint8Array(value)) writeBuffer(encoder, value);
  else if (prototype === datePrototype && types.isDate(value)) writeDate(encoder, value);
  else if (prototype === mapPrototype && types.isMap(value)) writeMap(encoder, value);
  else if (prototype === setPrototype && types.isSet(value)) writeSet(encoder, value);
  else return false;
  return true;
}

function writeHandle(encoder: Encoder, json: string): void {
  const header = encoder.beginExtension(extension.handle);
  const bytes = Buffer.byteLength(json);
  encoder.ensure(bytes);
  encoder.position += encoder.buffer.write(json, encoder.position, bytes);
  encoder.endExtension(header);
}

function writeBytes(encoder: Encoder, bytes: Uint8Array): void {
  encoder.ensure(bytes.length);
  encoder.buffer.set(bytes, encoder.position);
  encoder.position += bytes.length;
}

function writeBuffer(encoder: Encoder, value: Uint8Array): void {
  encoder.ensure(value.length);
  encoder.writeLength(value.length, 0xc4, 0xc5, 0xc6);
  writeBytes(encoder, value);
}

function writeBinary(encoder: Encoder, type: string, bytes: Uint8Array): void {
  const code = binaryTypes.indexOf(type);
  if (code < 0) throw new Unencodable(`A value of type ${type}`);
  encoder.ensure(bytes.length);
  encoder.writeLength(bytes.length + 1, 0xc7, 0xc8, 0xc9);
  encoder.buffer[encoder.position++] = extension.binary;
  encoder.buffer[encoder.position++] = code;
  writeBytes(encoder, bytes);
}

function writeView(encoder: Encoder, view: ArrayBufferView): void {
  const type: string = typedArrayTag?.call(view) ?? 'DataView';
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  } catch {
    if (type === 'DataView') throw new Unencodable('A view of a detached buffer');
    bytes = new Uint8Array(0);
  }
  writeBinary(encoder, type, bytes);
}

function writeArrayBuffer(encoder: Encoder, buffer: ArrayBuffer): void {
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(buffer);
  } catch {
    throw new Unencodable('A detached ArrayBuffer');
  }
  writeBinary(encoder, 'ArrayBuffer', bytes);
}

function writeMap(encoder: Encoder, map: Map<unknown, unknown>): void {
  const size: number = mapSize?.call(map);
  const first: unknown = Map.prototype.keys.call(map).next().value;
  const header =
    typeof first === 'number' || typeof first === 'boolean'
      ? undefined
      : encoder.beginExtension(extension.map);
  encoder.ensure(8);
  if (size < 16) encoder.buffer[encoder.position++] = 0x80 | size;
  else encoder.writeUint32(0xdf, size);
  let written = 0;
  for (const [key, value] of Map.prototype.entries.call(map)) {
    if (++written > size) break;
    try {
      encoder.write(key);
    } catch (error) {
      throw encoder.at(error, `.keys()[${written - 1}]`);
    }
    try {
      encoder.write(value);
    } catch (error) {
      throw encoder.at(error, entrySegment(key));
    }
  }
  if (written !== size) throw new Unencodable('A Map that changes while it is read');
  if (header !== undefined) encoder.endExtension(header);
}

function writeSet(encoder: Encoder, set: Set<unknown>): void {
  const header = encoder.beginExtension(extension.set);
  const size: number = setSize?.call(set);
  encoder.writeUint32(0xdd, size);
  let written = 0;
  for (const member of Set.prototype.values.call(set)) {
    if (++written > size) break;
    try {
      encoder.write(member);
    } catch (error) {
      throw encoder.at(error, `.values()[${written - 1}]`);
    }
  }
  if (written !== size) throw new Unencodable('A Set that changes while it is read');
  encoder.endExtension(header);
}

function writeDate(encoder: Encoder, date: Date): void {
  const time = Date.prototype.getTime.call(date);
  if (Number.isNaN(time)) {
    encoder.writeMark(extension.invalidDate);
    return;
  }
  const seconds = Math.floor(time / 1000);
  const nanoseconds = (time - seconds * 1000) * 1_000_000;
  const { buffer, view } = encoder;
  if (nanoseconds === 0 && seconds >= 0 && seconds <= 0xffffffff) {
    buffer[encoder.position++] = 0xd6;
    encoder.writeUint32(extension.timestamp, seconds);
  } else if (seconds >= 0 && seconds < 0x400000000) {
    buffer[encoder.position++] = 0xd7;
    buffer[encoder.position++] = extension.timestamp;
    view.setUint32(encoder.position, nanoseconds * 4 + Math.floor(seconds / 0x100000000));
    view.setUint32(encoder.position + 4, seconds % 0x100000000);
    encoder.position += 8;
  } else {
    buffer[encoder.position++] = 0xc7;
    buffer[encoder.position++] = 12;
    encoder.writeUint32(extension.timestamp, nanoseconds);
    view.setBigInt64(encoder.position, BigInt(seconds));
    encoder.position += 8;
  }
}

function writeRegExp(encoder: Encoder, regexp: RegExp): void {
  const header = encoder.beginExtension(extension.regexp);
  encoder.buffer[encoder.position++] = 0x92;
  encoder.writeString(regexp.source);
  encoder.writeString(regexp.flags);
  encoder.endExtension(header);
}

function writeBoxed(encoder: Encoder, value: object): void {
  const header = encoder.beginExtension(extension.boxed);
  if (types.isNumberObject(value)) encoder.write(Number.prototype.valueOf.call(value));
  else if (types.isStringObject(value)) encoder.write(String.prototype.valueOf.call(value));
  else if (types.isBooleanObject(value)) encoder.write(Boolean.prototype.valueOf.call(value));
  else if (types.isBigIntObject(value)) encoder.write(BigInt.prototype.valueOf.call(value));
  else throw new Unencodable('A boxed symbol');
  encoder.endExtension(header);
}

const errorKeys = ['name', 'message', 'stack', 'cause', 'errors'] as const;

function writeError(encoder: Encoder, error: object): void {
  const source = error as Record<string, unknown>;
  const isEnumerable = Object.prototype.propertyIsEnumerable;
  const base = errorBase(error);
  const hidden: Record<string, unknown> = Object.create(null);
  for (const key of errorKeys) {
    if (isEnumerable.call(error, key)) continue;
    let value: unknown;
    try {
      value = source[key];
    } catch (failure) {
      throw encoder.at(failure, propertySegment(key));
    }
    const isOwn = Object.hasOwn(error, key);
    // Where it is not its own, it is what a reader can see of the class that the error does not keep.
    if (key === 'name' ? value !== undefined && (isOwn || value !== base) : isOwn)
      hidden[key] = value;
    else if (key === 'message' && value !== undefined && value !== '') hidden[key] = value;
  }
  const header = encoder.beginExtension(extension.error);
  encoder.buffer[encoder.position++] = 0x93;
  encoder.writeString(base);
  encoder.writeProperties(hidden);
  encoder.writeNamed(error, Object.keys(error));
  encoder.endExtension(header);
}

/** The name of the built-in class that an error is of; by the name of its constructors where it comes from another realm. */
function errorBase(error: object): string {
  for (let link = error; link !== null; link = Object.getPrototypeOf(link)) {
    const maker: unknown = Object.getOwnPropertyDescriptor(link, 'constructor')?.value;
    const name = typeof maker === 'function' ? maker.name : '';
    if ((errorNames as readonly string[]).includes(name)) return name;
  }
  return 'Error';
}

const hostTags =
  /^(?:Promise|Weak(?:Map|Set|Ref)|FinalizationRegistry|SharedArrayBuffer|(?:Async)?Generator|.* Iterator|Intl\..*|WebAssembly\..*|Module|URL|URLSearchParams|Blob|File|Headers|FormData|Request|Response|(?:Readable|Writable|Transform)Stream|MessagePort|MessageChannel|BroadcastChannel|Worker|AbortSignal|AbortController|CryptoKey|KeyObject|PerformanceObserver|Temporal\..*|Atomics|Reflect|Math|JSON)$/;

/** Throws for an object whose meaning is not in its properties: it would arrive as an empty object. */
function refuseHostObject(value: object): void {
  let name: unknown;
  if (types.isExternal(value)) name = 'external';
  else if (types.isPromise(value)) name = 'Promise';
  else if (types.isSharedArrayBuffer(value)) name = 'SharedArrayBuffer';
  else if (types.isWeakMap(value)) name = 'WeakMap';
  else if (types.isWeakSet(value)) name = 'WeakSet';
  else name = (value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
  if (typeof name === 'string' && (name === 'external' || hostTags.test(name))) {
    throw new Unencodable(`An object of class ${name}`);
  }
}
