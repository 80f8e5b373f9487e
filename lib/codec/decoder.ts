import { isUtf8 } from 'node:buffer';
import { asciiText, isAscii, longestAscii } from './ascii-text.js';
import { readExtension } from './decode-extension.js';
import { extension, maxDepth } from './format.js';
import { decodingError, defineProperty, Malformed } from './malformed.js';
import { learn, mistaken, shapeAt, slotOf } from './shapes.js';
import { makeSparse, mostPlaces } from './sparse.js';
import { shortString, StringCache } from './string-cache.js';

const keys = new StringCache();
const values = new StringCache();

/** Reads one message at a time; every length in it is checked against the message's end before it is used. */
export class Decoder {
  buffer: Buffer;
  view: DataView;
  position = 0;
  end = 0;
  busy = false;
  private depth = 0;
  /** How many elements of arrays the message can still hold. */
  private budget = 0;
  /** The objects of a message with pointers, in the order met. */
  private objects: unknown[] | undefined;

  constructor() {
    this.buffer = Buffer.alloc(0);
    this.view = new DataView(this.buffer.buffer, 0, 0);
  }

  decode(bytes: Buffer, start: number, end: number): unknown {
    this.use(bytes);
    try {
      return this.readMessage(start, end < bytes.length ? end : bytes.length);
    } catch (error) {
      throw decodingError(error);
    } finally {
      this.reset();
    }
  }

  /** `Codec.decodeMany` */
  decodeMany(bytes: Buffer, sizes: Uint32Array, count: number, values: unknown[]): void {
    this.use(bytes);
    let i = 0;
    try {
      for (let start = 0; i < count; i++) {
        const end = start + (sizes[i] as number);
        values[i] = this.readMessage(start, end < bytes.length ? end : bytes.length);
        start = end;
      }
    } catch (error) {
      values.length = i;
      throw decodingError(error);
    } finally {
      this.reset();
    }
  }

  private use(bytes: Buffer): void {
    this.busy = true;
    if (this.buffer === bytes && this.view.byteLength === bytes.byteLength) return;
    this.buffer = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  private readMessage(start: number, end: number): unknown {
    const { buffer } = this;
    this.position = start;
    this.end = end;
    this.budget = end - start;
    const hasPointers =
      buffer[start] === 0x92 &&
      end - start > 4 &&
      this.view.getUint32(start) === (0x92d40000 | (extension.hasPointers << 8)) >>> 0;
    if (hasPointers) {
      this.objects = [];
      this.position = start + 4;
    }
    const value = this.read();
    if (this.position !== end) throw new Malformed('its length is wrong');
    if (hasPointers) this.objects = undefined;
    return value;
  }

  private reset(): void {
    this.busy = false;
    this.depth = 0;
    this.objects = undefined;
  }

  /** Gives the next object its number; a reader calls it before it reads the parts of the object. */
  register<T>(object: T): T {
    if (this.objects !== undefined) this.objects.push(object);
    return object;
  }

  /** For an object that exists only once its parts were read. */
  reserve(): number {
    return this.objects === undefined ? -1 : this.objects.push(undefined) - 1;
  }

  fill<T>(index: number, object: T): T {
    if (this.objects !== undefined) this.objects[index] = object;
    return object;
  }

  pointer(index: number): unknown {
    if (this.objects === undefined || index >= this.objects.length) {
      throw new Malformed('a pointer leads nowhere');
    }
    return this.objects[index];
  }

  /** Throws unless so many bytes are left. */
  need(bytes: number): void {
    if (bytes > this.end - this.position) throw new Malformed('it ends too early');
  }

  enter(): void {
    if (++this.depth > maxDepth) throw new Malformed('it is nested too deeply');
  }

  leave(): void {
    this.depth--;
  }

  read(): unknown {
    if (this.position >= this.end) throw new Malformed('it ends too early');
    const token = this.buffer[this.position++] as number;
    if (token < 0x80) return token;
    if (token >= 0xa0 && token < 0xc0) return this.readString(token - 0xa0);
    if (token < 0x90) return this.readMap(token - 0x80);
    if (token < 0xa0) return this.readArray(token - 0x90);
    if (token >= 0xe0) return token - 0x100;
    switch (token) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
        return this.readBuffer(this.readUint8());
      case 0xc5:
        return this.readBuffer(this.readUint16());
      case 0xc6:
        return this.readBuffer(this.readUint32());
      case 0xc7:
        return this.readExt(this.readUint8());
      case 0xc8:
        return this.readExt(this.readUint16());
      case 0xc9:
        return this.readExt(this.readUint32());
      case 0xca:
        this.position += 4;
        return this.view.getFloat32(this.position - 4);
      case 0xcb:
        this.position += 8;
        return this.view.getFloat64(this.position - 8);
      case 0xcc:
        return this.readUint8();
      case 0xcd:
        return this.readUint16();
      case 0xce:
        return this.readUint32();
      case 0xcf:
        this.position += 8;
        return this.view.getBigUint64(this.position - 8);
      case 0xd0:
        this.position += 1;
        return this.view.getInt8(this.position - 1);
      case 0xd1:
        this.position += 2;
        return this.view.getInt16(this.position - 2);
      case 0xd2:
        this.position += 4;
        return this.view.getInt32(this.position - 4);
      case 0xd3:
        this.position += 8;
        return this.view.getBigInt64(this.position - 8);
      case 0xd4:
        return this.readExt(1);
      case 0xd5:
        return this.readExt(2);
      case 0xd6:
        return this.readExt(4);
      case 0xd7:
        return this.readExt(8);
      case 0xd8:
        return this.readExt(16);
      case 0xd9:
        return this.readString(this.readUint8());
      case 0xda:
        return this.readString(this.readUint16());
      case 0xdb:
        return this.readString(this.readUint32());
      case 0xdc:
        return this.readArray(this.readUint16());
      case 0xdd:
        return this.readArray(this.readUint32());
      case 0xde:
        return this.readMap(this.readUint16());
      case 0xdf:
        return this.readMap(this.readUint32());
      default:
        throw new Malformed('it has an unknown token');
    }
  }

  private readUint8(): number {
    this.position += 1;
    return this.view.getUint8(this.position - 1);
  }

  private readUint16(): number {
    this.position += 2;
    return this.view.getUint16(this.position - 2);
  }

  private readUint32(): number {
    this.position += 4;
    return this.view.getUint32(this.position - 4);
  }

  private readString(length: number): string {
    const start = this.position;
    this.need(length);
    this.position = start + length;
    if (length < shortString) {
      const cached = values.find(this.buffer, this.view, start, length);
      if (cached !== undefined) return cached;
    }
    return this.decodeString(start, length);
  }

  private decodeString(start: number, length: number): string {
    const { buffer } = this;
    const end = start + length;
    if (length <= 64 && isAscii(this.view, start, length)) {
      if (length <= longestAscii) return asciiText(buffer, start, length);
      return buffer.toString('latin1', start, end);
    }
    const text = buffer.toString('utf8', start, end);
    // Either the character itself or what stands for bytes that are no UTF-8.
    if (text.includes('\ufffd') && !isUtf8(buffer.subarray(start, end))) {
      throw new Malformed('a string in it is no UTF-8');
    }
    return text;
  }

  private readBuffer(length: number): Buffer {
    this.need(length);
    const copy = Buffer.allocUnsafe(length);
    const { buffer, position } = this;
    // One call into Node.js costs as much as some 40 bytes.
    if (length > 32) buffer.copy(copy, 0, position, position + length);
    else for (let i = 0; i < length; i++) copy[i] = buffer[position + i] as number;
    this.position = position + length;
    return this.register(copy);
  }

  readArray(length: number): unknown[] {
    // Every element takes a byte at least. Nested headers could claim the same bytes over and over: they share the budget.
    this.budget -= length;
    if (this.budget < 0) throw new Malformed('it ends too early');
    this.enter();
    const { buffer } = this;
    const array: unknown[] = this.register(length < 0x100000 ? new Array(length) : []);
    let next = 0;
    for (let i = 0; i < length; i++) {
      if (buffer[this.position] === 0xd6 && buffer[this.position + 1] === extension.holes) {
        this.need(6);
        next += this.view.getUint32(this.position + 2);
        this.position += 6;
        if (next > 0xffffffff) throw new Malformed('an array is longer than arrays can be');
        if (next > mostPlaces * (i + 1)) makeSparse(array, next);
        // Also where the run is the last part, and where a shorter array was made room for.
        array.length = next;
      } else {
        array[next++] = this.read();
      }
    }
    this.leave();
    return array;
  }

  private readMap(length: number): unknown {
    this.need(2 * length);
    if (length === 0) return this.register({});
    const slot = slotOf(length, this.buffer, this.position);
    if (slot >= 0) {
      // A literal is there only once its parts were read: nothing could point to it from inside.
      const readShape = this.objects === undefined ? shapeAt(slot) : undefined;
      this.enter();
      const object = readShape === undefined ? this.readObject(slot, length) : readShape(this);
      this.leave();
      return object;
    }
    const first = this.buffer[this.position] as number;
    const isString =
      (first >= 0xa0 && first < 0xc0) ||
      (first >= 0xc7 && first <= 0xc9) ||
      (first >= 0xd9 && first <= 0xdb);
    if (!isString) return this.readEntries(this.register(new Map()), length);
    this.enter();
    const object = this.readObject(slot, length);
    this.leave();
    return object;
  }

  private readObject(slot: number, length: number): object {
    const index = this.reserve();
    const object = this.readProperties(this.fill(index, {}), index, 0, length);
    if (slot >= 0) learn(slot, object, length);
    return object;
  }

  /** Goes on with a map of another shape than was expected, whose first values were read. */
  readOther(
    slot: number,
    length: number,
    keys: readonly string[],
    values: readonly unknown[],
  ): object {
    mistaken(slot);
    const object: Record<string, unknown> = {};
    for (let i = 0; i < values.length; i++) object[keys[i] as string] = values[i];
    return this.readProperties(object, -1, values.length, length);
  }

  private readProperties(
    object: Record<string, unknown>,
    index: number,
    from: number,
    length: number,
  ): object {
    for (let i = from; i < length; i++) {
      const key = this.readKey();
      if (typeof key !== 'string') {
        // Only other writers mix strings with other keys; nothing can point to what was begun.
        const map = this.fill(index, new Map<unknown, unknown>(Object.entries(object)));
        map.set(key, this.read());
        this.leave();
        this.readEntries(map, length - i - 1);
        this.enter();
        return map;
      }
      if (key === '__proto__') defineProperty(object, key, this.read(), true);
      else object[key] = this.read();
    }
    return object;
  }

  private readKey(): unknown {
    const { position } = this;
    const length = (this.buffer[position] as number) - 0xa0;
    if (length >= 0 && length < shortString && length < this.end - position) {
      const cached = keys.find(this.buffer, this.view, position + 1, length);
      if (cached !== undefined) {
        this.position = position + 1 + length;
        return cached;
      }
    }
    return this.read();
  }

  readEntries(map: Map<unknown, unknown>, length: number): Map<unknown, unknown> {
    this.enter();
    for (let i = 0; i < length; i++) {
      const key = this.read();
      map.set(key, this.read());
    }
    this.leave();
    return map;
  }

  private readExt(length: number): unknown {
    this.need(length + 1);
    const type = this.buffer[this.position++] as number;
    if (type === extension.undefined && length === 1) {
      this.position++;
      return undefined;
    }
    this.enter();
    const end = this.position + length;
    const value = readExtension(this, type, length);
    if (this.position !== end) throw new Malformed('the length of a part is wrong');
    this.leave();
    return value;
  }
}
