import { SerializationError } from '../errors.js';
import type { Scratch, SharedLike } from './codec.js';
import { writeSpecial } from './encode-special.js';
import { extension, maxDepth } from './format.js';
import { KnownKeys } from './known-keys.js';
import { MetObjects } from './met-objects.js';
import { hasOtherProperties, isIndex } from './other-properties.js';
import { indexSegment, pathOf, propertySegment, Unencodable } from './path.js';
import { Writer } from './writer.js';
import { learnWritten, noShape, shapeLike } from './written-shapes.js';

const objectPrototype: object = Object.prototype;
const arrayPrototype: object = Array.prototype;
const hasOwn = Object.prototype.hasOwnProperty;
/** One in so many plain objects that were written without a shape is looked at; ever fewer while shapes do not pay. */
const looked = 64;
const lookedLeast = 1024;
/** Shapes are tried while there is trust: what is gained by an object whose shape was foreseen, less what others cost. */
const mostTrust = 64;
const firstTrust = 8;
const costOfFinding = 1;
const costOfNone = 3;

/** Writes one message at a time; holds the state that the functions which write the parts have in common. */
export class Encoder extends Writer {
  busy = false;
  readonly objects: SharedLike[] = [];
  private readonly met = new MetObjects();
  private depth = 0;
  private hasPointers = false;
  private readonly trail: string[] = [];
  private readonly knownKeys = new KnownKeys();
  private lastKey = this.knownKeys.first;
  private lastShape = noShape;
  private trust = 0;
  private looked = looked;
  private untilLook = looked;

  encode(value: unknown, scratch: Scratch): void {
    this.begin(scratch);
    try {
      this.writeMessage(value);
    } catch (error) {
      throw this.failure(error);
    } finally {
      this.end(scratch);
    }
  }

  /** `Codec.encodeMany` */
  encodeMany(
    values: readonly unknown[],
    count: number,
    scratch: Scratch,
    sizes: Uint32Array,
  ): void {
    this.begin(scratch);
    try {
      for (let i = 0; i < count; i++) sizes[i] = this.writeMessage(values[i]);
    } catch (error) {
      throw this.failure(error);
    } finally {
      this.end(scratch);
    }
  }

  private begin(scratch: Scratch): void {
    this.busy = true;
    this.position = scratch.from;
    if (this.buffer !== scratch.buffer) this.use(scratch.buffer);
  }

  /** Returns how many bytes the message takes. */
  private writeMessage(value: unknown): number {
    const start = this.position;
    this.write(value);
    // That a message has pointers is known only at its end, and is said at its beginning.
    if (this.hasPointers) {
      this.widen(start, 0, 4);
      this.view.setUint32(start, 0x92d40000 | (extension.hasPointers << 8));
      this.hasPointers = false;
    }
    if (this.met.count !== 0) this.met.forget();
    return this.position - start;
  }

  private end(scratch: Scratch): void {
    const { objects, trail } = this;
    scratch.start = scratch.from;
    scratch.end = this.position;
    if (scratch.objects.length !== 0) scratch.objects.length = 0;
    if (objects.length !== 0) {
      scratch.objects.push(...objects);
      objects.length = 0;
    }
    // A getter that encoded with the same scratch has put its own buffer there.
    scratch.buffer = this.buffer;
    if (trail.length !== 0) trail.length = 0;
    this.busy = false;
  }

  private failure(error: unknown): SerializationError {
    const path = pathOf(this.trail);
    this.met.forget();
    this.hasPointers = false;
    this.depth = 0;
    this.objects.length = 0;
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

  private writePointer(index: number): void {
    this.hasPointers = true;
    this.buffer[this.position++] = 0xd6;
    this.writeUint32(extension.pointer, index);
  }

  private writeObject(value: object): void {
    // Nothing was met before the outermost object. It needs a number once there is an object in it that could point to it.
    const outermost = this.met.count === 0;
    if (!outermost) {
      const index = this.met.meet(value);
      if (index >= 0) {
        this.writePointer(index);
        return;
      }
    }
    if (++this.depth > maxDepth) throw new Unencodable('A value nested this deeply');
    if (this.trust === 0 || !this.writeKnown(value)) {
      if (outermost) this.met.meet(value);
      const prototype: object | null = Object.getPrototypeOf(value);
      if (prototype === objectPrototype || prototype === null) this.writePlain(value);
      else if (prototype === arrayPrototype) this.writeArray(value as unknown[]);
      else writeSpecial(this, value);
    }
    this.depth--;
  }

  /** Writes an object by code made for its shape; `false`, with nothing written, where there is none. */
  private writeKnown(value: object): boolean {
    // To list the keys of what has elements would take long.
    if (Array.isArray(value) || ArrayBuffer.isView(value)) return false;
    const last = this.lastShape;
    const { next } = last;
    // Before it is written: it may have others in it.
    if (next !== last) this.lastShape = next;
    if (next.write(this, value)) {
      if (this.trust < mostTrust && ++this.trust === mostTrust) this.looked = looked;
      return true;
    }
    const other = shapeLike(value);
    if (other !== undefined && other !== next) {
      this.lastShape = other;
      if (other.write(this, value)) {
        last.next = other;
        this.distrust(costOfFinding);
        return true;
      }
    }
    this.lastShape = last;
    this.distrust(costOfNone);
    return false;
  }

  private distrust(cost: number): void {
    this.trust -= cost;
    if (this.trust > 0) return;
    this.trust = 0;
    if (this.looked < lookedLeast) this.looked *= 2;
  }

  /** Writes what an object of a known shape holds. */
  writePart(value: unknown, holder: object): void {
    if (this.met.count === 0 && typeof value === 'object' && value !== null) this.met.meet(holder);
    this.write(value);
  }

  private writePlain(value: object): void {
    this.writeProperties(value);
    if (--this.untilLook > 0) return;
    this.untilLook = this.looked;
    if (learnWritten(value) !== undefined && this.trust < firstTrust) this.trust = firstTrust;
  }

  /** Own enumerable properties with string keys, as a map. */
  writeProperties(value: object): void {
    // One byte for the header; larger maps are few, and moved by two when they turn out to be large.
    const header = this.position++;
    let width = 1;
    let count = 0;
    let current: string | undefined;
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
      throw this.at(error, current === undefined ? '' : propertySegment(current));
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
