import { SerializationError } from '../errors.js';
import type { Scratch, SharedLike } from './codec.js';
import { writeSpecial } from './encode-special.js';
import { extension, maxDepth } from './format.js';
import { KnownKeys } from './known-keys.js';
import { hasOtherProperties, isIndex } from './other-properties.js';
import { indexSegment, pathOf, propertySegment, Unencodable } from './path.js';
import { Writer } from './writer.js';

const objectPrototype: object = Object.prototype;
const arrayPrototype: object = Array.prototype;
const hasOwn = Object.prototype.hasOwnProperty;
const scannedLinearly = 12;

/** Writes one message at a time; holds the state that the functions which write the parts have in common. */
export class Encoder extends Writer {
  busy = false;
  readonly objects: SharedLike[] = [];
  private depth = 0;
  private hasPointers = false;
  private count = 0;
  private readonly firstSeen: unknown[] = new Array(scannedLinearly).fill(undefined);
  private laterSeen: Map<object, number> | undefined;
  private readonly trail: string[] = [];
  private readonly knownKeys = new KnownKeys();
  private lastKey = this.knownKeys.first;

  encode(value: unknown, scratch: Scratch): void {
    this.busy = true;
    try {
      const start = scratch.from;
      this.position = start;
      if (this.buffer !== scratch.buffer) this.use(scratch.buffer);
      this.write(value);
      if (this.hasPointers) this.markPointers(start);
      scratch.start = start;
      scratch.end = this.position;
      this.handOver(scratch);
    } catch (error) {
      throw this.failure(error);
    } finally {
      // A getter that encoded with the same scratch has put its own buffer there.
      scratch.buffer = this.buffer;
      this.reset();
    }
  }

  /** `Codec.encodeMany` */
  encodeMany(
    values: readonly unknown[],
    count: number,
    scratch: Scratch,
    sizes: Uint32Array,
  ): void {
    this.busy = true;
    try {
      let start = scratch.from;
      this.position = start;
      if (this.buffer !== scratch.buffer) this.use(scratch.buffer);
      for (let i = 0; i < count; i++) {
        this.write(values[i]);
        if (this.hasPointers) this.markPointers(start);
        if (this.count !== 0) this.forget();
        sizes[i] = this.position - start;
        start = this.position;
      }
      scratch.start = scratch.from;
      scratch.end = start;
      this.handOver(scratch);
    } catch (error) {
      throw this.failure(error);
    } finally {
      scratch.buffer = this.buffer;
      this.reset();
    }
  }

  /** That a message has pointers is known only at its end, and is said at its beginning. */
  private markPointers(start: number): void {
    this.widen(start, 0, 4);
    this.view.setUint32(start, 0x92d40000 | (extension.hasPointers << 8));
  }

  private handOver(scratch: Scratch): void {
    if (scratch.objects.length !== 0) scratch.objects.length = 0;
    if (this.objects.length !== 0) scratch.objects.push(...this.objects);
  }

  /** Nothing points from one message to what was in another. */
  private forget(): void {
    if (this.count > scannedLinearly) this.laterSeen = undefined;
    for (let i = Math.min(this.count, scannedLinearly) - 1; i >= 0; i--)
      this.firstSeen[i] = undefined;
    this.count = 0;
    this.hasPointers = false;
  }

  private reset(): void {
    this.forget();
    this.depth = 0;
    if (this.objects.length !== 0) this.objects.length = 0;
    if (this.trail.length !== 0) this.trail.length = 0;
    this.busy = false;
  }

  private failure(error: unknown): SerializationError {
    const path = pathOf(this.trail);
    if (error instanceof Unencodable) {
      return new SerializationError(`${error.message} cannot be serialized at ${path}`, { path });
    }
    if (error instanceof RangeError && /call stack/.test(error.message)) {
      return new SerializationError(`The value is nested too deeply at ${path}`, { path });
    }
    return new SerializationError(`Reading the value failed at ${path}`, { path, cause: error });
  }

  /** Adds the part in which an error is being thrown to its path; returns the error to throw on. */
  at(error: unknown, segment: string): unknown {
    this.trail.push(segment);
    return error;
  }

  write(value: unknown): void {
    if (this.position > this.limit) this.grow(0);
    switch (typeof value) {
      case 'string':
        this.writeString(value);
        break;
      case 'number':
        this.writeNumber(value);
        break;
      case 'object':
        if (value === null) this.buffer[this.position++] = 0xc0;
        else this.writeObject(value);
        break;
      case 'boolean':
        this.buffer[this.position++] = value ? 0xc3 : 0xc2;
        break;
      case 'undefined':
        this.writeMark(extension.undefined);
        break;
      case 'bigint':
        this.writeBigInt(value);
        break;
      case 'function':
        throw new Unencodable(value.name === '' ? 'A function' : `Function ${value.name}`);
      default:
        throw new Unencodable('A symbol');
    }
  }

  /** Whether the object was met before in this message; if so a pointer to it is written. */
  private seenBefore(value: object): boolean {
    const { count, firstSeen } = this;
    const scanned = count < scannedLinearly ? count : scannedLinearly;
    for (let i = 0; i < scanned; i++) {
      if (firstSeen[i] === value) return this.writePointer(i);
    }
    if (count < scannedLinearly) {
      firstSeen[count] = value;
    } else {
      this.laterSeen ??= new Map();
      const index = this.laterSeen.get(value);
      if (index !== undefined) return this.writePointer(index);
      this.laterSeen.set(value, count);
    }
    this.count = count + 1;
    return false;
  }

  private writePointer(index: number): true {
    this.hasPointers = true;
    this.buffer[this.position++] = 0xd6;
    this.writeUint32(extension.pointer, index);
    return true;
  }

  private writeObject(value: object): void {
    if (this.seenBefore(value)) return;
    if (++this.depth > maxDepth) throw new Unencodable('A value nested this deeply');
    const prototype: object | null = Object.getPrototypeOf(value);
    if (prototype === objectPrototype || prototype === null) this.writeProperties(value);
    else if (prototype === arrayPrototype) this.writeArray(value as unknown[]);
    else writeSpecial(this, value);
    this.depth--;
  }

  /** Own enumerable properties with string keys, as a map. */
  writeProperties(value: object): void {
    // One byte for the header; larger maps are few, and moved by two when they turn out to be large.
    const header = this.position++;
    let width = 1;
    let count = 0;
    let current = '';
    try {
      for (const key in value) {
        if (!hasOwn.call(value, key)) continue;
        current = key;
        if (++count > 15) width = this.widenForCount(header, width, count);
        this.writeKey(key);
        const part = (value as Record<string, unknown>)[key];
        // After a key of 16 bytes at most there is room for a number: the slack is more.
        if (typeof part === 'number') this.writeNumber(part);
        else if (typeof part === 'string') this.writeString(part);
        else this.write(part);
      }
    } catch (error) {
      throw this.at(error, propertySegment(current));
    }
    this.writeCount(header, width, count);
  }

  /** The properties with these keys, as a map. */
  writeNamed(value: object, keys: readonly string[]): void {
    const header = this.position++;
    let width = 1;
    let count = 0;
    let current = '';
    try {
      for (const key of keys) {
        current = key;
        if (++count > 15) width = this.widenForCount(header, width, count);
        this.writeKey(key);
        this.write((value as Record<string, unknown>)[key]);
      }
    } catch (error) {
      throw this.at(error, propertySegment(current));
    }
    this.writeCount(header, width, count);
  }

  private widenForCount(header: number, width: number, count: number): number {
    if (count === 16) return this.widen(header, width, 3);
    return count === 0x10000 ? this.widen(header, width, 5) : width;
  }

  private writeCount(header: number, width: number, count: number): void {
    if (width === 1) {
      this.buffer[header] = 0x80 | count;
    } else if (width === 3) {
      this.buffer[header] = 0xde;
      this.view.setUint16(header + 1, count);
    } else {
      this.buffer[header] = 0xdf;
      this.view.setUint32(header + 1, count);
    }
  }

  private writeKey(key: string): void {
    if (this.position > this.limit) this.grow(0);
    let known = this.lastKey.next;
    if (known.text !== key) {
      const found = this.knownKeys.find(key, this.lastKey);
      if (found === undefined) {
        this.writeString(key);
        if (this.position > this.limit) this.grow(0);
        return;
      }
      known = found;
    }
    this.lastKey = known;
    const { view, position } = this;
    const { bytes } = known;
    // Whole words: what they write behind the key is written over.
    view.setInt32(position, known.a, true);
    if (bytes > 4) {
      view.setInt32(position + 4, known.b, true);
      if (bytes > 8) {
        view.setInt32(position + 8, known.c, true);
        view.setInt32(position + 12, known.d, true);
      }
    }
    this.position = position + bytes;
  }

  private widen(header: number, from: number, to: number): number {
    this.ensure(to - from);
    this.buffer.copyWithin(header + to, header + from, this.position);
    this.position += to - from;
    return to;
  }

  writeArray(value: readonly unknown[]): void {
    if (hasOtherProperties(value)) {
      const others = Object.keys(value).filter((key) => !isIndex(key));
      const header = this.beginExtension(extension.arrayWithProperties);
      this.writeElements(value);
      this.writeNamed(value, others);
      this.endExtension(header);
    } else {
      this.writeElements(value);
    }
  }

  writeElements(value: readonly unknown[]): void {
    const { length } = value;
    const header = this.position;
    if (length < 16) this.buffer[this.position++] = 0x90 | length;
    else if (length < 0x10000) {
      this.buffer[this.position++] = 0xdc;
      this.buffer[this.position++] = length >> 8;
      this.buffer[this.position++] = length & 0xff;
    } else this.writeUint32(0xdd, length);
    let i = 0;
    try {
      for (; i < length; i++) {
        const element = value[i];
        if (element === undefined && !hasOwn.call(value, i)) break;
        this.write(element);
      }
    } catch (error) {
      throw this.at(error, indexSegment(i));
    }
    if (i < length) this.writeSparse(value, length, header, i);
  }

  /** Goes on with an array at its first hole. */
  private writeSparse(
    value: readonly unknown[],
    length: number,
    header: number,
    from: number,
  ): void {
    let written = from;
    let next = from;
    const indexes = Object.keys(value).filter(isIndex).map(Number);
    for (const index of [...indexes, length]) {
      if (index < from || index > length) continue;
      if (index > next) {
        this.ensure(8);
        this.buffer[this.position++] = 0xd6;
        this.writeUint32(extension.holes, index - next);
        written++;
      }
      if (index === length) break;
      try {
        this.write(value[index]);
      } catch (error) {
        throw this.at(error, indexSegment(index));
      }
      written++;
      next = index + 1;
    }
    // The header's width goes by the length, the count in it is of what was written.
    if (length < 16) this.buffer[header] = 0x90 | written;
    else if (length < 0x10000) this.view.setUint16(header + 1, written);
    else this.view.setUint32(header + 1, written);
  }
}
