import { extension } from './format.js';
import { Unencodable } from './path.js';

/** No scalar with its header is longer. */
const slack = 32;

/** Writes scalars and headers into a buffer that grows. */
export class Writer {
  buffer: Buffer;
  view: DataView;
  position = 0;
  /** What starts here can be a scalar of any kind but text. */
  protected limit = 0;

  constructor() {
    this.buffer = Buffer.alloc(0);
    this.view = new DataView(this.buffer.buffer, 0, 0);
  }

  protected use(buffer: Buffer): void {
    this.buffer = buffer;
    this.view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    this.limit = buffer.length - slack;
    if (this.limit < 0) this.grow(0);
  }

  protected grow(bytes: number): void {
    const needed = this.position + bytes + slack;
    const size = Math.max(8192, needed > 0x1000000 ? Math.ceil(needed * 1.25) : needed * 2);
    let larger: Buffer;
    try {
      larger = Buffer.allocUnsafeSlow(Math.ceil(size / 4096) * 4096);
    } catch (cause) {
      throw new Unencodable(`A value of more than ${needed} bytes`, { cause });
    }
    this.buffer.copy(larger, 0, 0, Math.min(this.position, this.buffer.length));
    this.use(larger);
  }

  /** Makes sure that so many bytes and a header more can be written. */
  ensure(bytes: number): void {
    if (this.position + bytes > this.limit) this.grow(bytes);
  }

  writeNumber(value: number): void {
    if ((value | 0) === value && (value !== 0 || 1 / value > 0)) {
      if (value >= 0 && value < 0x80) this.buffer[this.position++] = value;
      else this.writeInteger(value);
    } else if (value > 0 && value >>> 0 === value) {
      this.writeUint32(0xce, value);
    } else {
      this.buffer[this.position++] = 0xcb;
      this.view.setFloat64(this.position, value);
      this.position += 8;
    }
  }

  /** Of 32 bits. */
  private writeInteger(value: number): void {
    const { buffer, view, position } = this;
    if (value >= 0x10000) {
      this.writeUint32(0xce, value);
    } else if (value >= 0x100) {
      buffer[position] = 0xcd;
      view.setUint16(position + 1, value);
      this.position = position + 3;
    } else if (value >= 0) {
      buffer[position] = 0xcc;
      buffer[position + 1] = value;
      this.position = position + 2;
    } else if (value >= -0x20) {
      buffer[position] = 0x100 + value;
      this.position = position + 1;
    } else if (value >= -0x80) {
      buffer[position] = 0xd0;
      buffer[position + 1] = 0x100 + value;
      this.position = position + 2;
    } else if (value >= -0x8000) {
      buffer[position] = 0xd1;
      view.setInt16(position + 1, value);
      this.position = position + 3;
    } else {
      buffer[position] = 0xd2;
      view.setInt32(position + 1, value);
      this.position = position + 5;
    }
  }

  writeUint32(token: number, value: number): void {
    this.buffer[this.position++] = token;
    this.view.setUint32(this.position, value);
    this.position += 4;
  }

  /** An extension of one byte, 0. */
  writeMark(type: number): void {
    const { buffer } = this;
    buffer[this.position++] = 0xd4;
    buffer[this.position++] = type;
    buffer[this.position++] = 0;
  }

  writeString(value: string): void {
    const { length } = value;
    if (length > 15) {
      // Elsewhere: this has to be short enough to become part of what calls it.
      this.writeLongerString(value);
      return;
    }
    // Three bytes for each unit at most, and the header.
    if (this.position + 3 * length > this.limit) this.grow(3 * length);
    const { buffer } = this;
    const start = this.position;
    let units = 0;
    for (let i = 0; i < length; i++) {
      const unit = value.charCodeAt(i);
      units |= unit;
      buffer[start + 1 + i] = unit;
    }
    if (units > 0x7f) {
      this.writeShortUtf8(value, start, start + 1);
      return;
    }
    buffer[start] = 0xa0 | length;
    this.position = start + 1 + length;
  }

  private writeLongerString(value: string): void {
    const { length } = value;
    if (length > 40) {
      this.writeLongString(value);
      return;
    }
    if (this.position + 3 * length > this.limit) this.grow(3 * length);
    const { buffer, view } = this;
    const start = this.position;
    const body = start + (length < 32 ? 1 : 2);
    let units = 0;
    let i = 0;
    for (; i + 4 <= length; i += 4) {
      const a = value.charCodeAt(i);
      const b = value.charCodeAt(i + 1);
      const c = value.charCodeAt(i + 2);
      const d = value.charCodeAt(i + 3);
      units |= a | b | c | d;
      view.setInt32(body + i, a | (b << 8) | (c << 16) | (d << 24), true);
    }
    for (; i < length; i++) {
      const unit = value.charCodeAt(i);
      units |= unit;
      buffer[body + i] = unit;
    }
    if (units > 0x7f) {
      this.writeShortUtf8(value, start, body);
      return;
    }
    if (length < 32) buffer[start] = 0xa0 | length;
    else {
      buffer[start] = 0xd9;
      buffer[start + 1] = length;
    }
    this.position = body + length;
  }

  private writeShortUtf8(value: string, start: number, body: number): void {
    const { length } = value;
    const { buffer } = this;
    let position = body;
    for (let i = 0; i < length; i++) {
      const unit = value.charCodeAt(i);
      if (unit < 0x80) {
        buffer[position++] = unit;
      } else if (unit < 0x800) {
        buffer[position++] = (unit >> 6) | 0xc0;
        buffer[position++] = (unit & 0x3f) | 0x80;
      } else if ((unit & 0xf800) !== 0xd800) {
        buffer[position++] = (unit >> 12) | 0xe0;
        buffer[position++] = ((unit >> 6) & 0x3f) | 0x80;
        buffer[position++] = (unit & 0x3f) | 0x80;
      } else {
        const next = unit < 0xdc00 && i + 1 < length ? value.charCodeAt(++i) : 0;
        if ((next & 0xfc00) !== 0xdc00) {
          this.writeUtf16(value);
          return;
        }
        const point = 0x10000 + ((unit & 0x3ff) << 10) + (next & 0x3ff);
        buffer[position++] = (point >> 18) | 0xf0;
        buffer[position++] = ((point >> 12) & 0x3f) | 0x80;
        buffer[position++] = ((point >> 6) & 0x3f) | 0x80;
        buffer[position++] = (point & 0x3f) | 0x80;
      }
    }
    const bytes = position - body;
    if (bytes < 32) {
      buffer[start] = 0xa0 | bytes;
    } else {
      if (length < 32) buffer.copyWithin(body + 1, body, position++);
      buffer[start] = 0xd9;
      buffer[start + 1] = bytes;
    }
    this.position = position;
  }

  private writeLongString(value: string): void {
    const bytes = Buffer.byteLength(value);
    const ascii = bytes === value.length;
    if (!ascii && !(value as string & { isWellFormed(): boolean }).isWellFormed()) {
      this.writeUtf16(value);
      return;
    }
    this.ensure(bytes);
    this.writeLength(bytes, 0xd9, 0xda, 0xdb);
    this.position += this.buffer.write(value, this.position, bytes, ascii ? 'latin1' : 'utf8');
  }

  private writeUtf16(value: string): void {
    const bytes = 2 * value.length;
    this.ensure(bytes);
    this.writeLength(bytes, 0xc7, 0xc8, 0xc9);
    this.buffer[this.position++] = extension.utf16;
    this.position += this.buffer.write(value, this.position, bytes, 'utf16le');
  }

  /** The header of what has an 8, 16 or 32-bit length; without the type of an extension. */
  writeLength(length: number, token8: number, token16: number, token32: number): void {
    const { buffer } = this;
    if (length < 0x100) {
      buffer[this.position++] = token8;
      buffer[this.position++] = length;
    } else if (length < 0x10000) {
      buffer[this.position++] = token16;
      buffer[this.position++] = length >> 8;
      buffer[this.position++] = length & 0xff;
    } else {
      if (length > 0xffffffff) throw new Unencodable(`A part of ${length} bytes`);
      this.writeUint32(token32, length);
    }
  }

  writeBigInt(value: bigint): void {
    if (value >= -0x8000000000000000n && value < 0x8000000000000000n) {
      this.buffer[this.position++] = 0xd3;
      this.view.setBigInt64(this.position, value);
      this.position += 8;
      return;
    }
    if (value > 0n && value < 0x10000000000000000n) {
      this.buffer[this.position++] = 0xcf;
      this.view.setBigUint64(this.position, value);
      this.position += 8;
      return;
    }
    const negative = value < 0n;
    let hex = (negative ? ~value : value).toString(16);
    if (hex.length % 2 === 1) hex = `0${hex}`;
    else if (hex.charCodeAt(0) >= 0x38) hex = `00${hex}`;
    const bytes = hex.length / 2;
    this.ensure(bytes);
    this.writeLength(bytes, 0xc7, 0xc8, 0xc9);
    this.buffer[this.position++] = extension.bigint;
    const start = this.position;
    this.position += this.buffer.write(hex, start, bytes, 'hex');
    if (!negative) return;
    for (let i = start; i < this.position; i++) this.buffer[i] = ~(this.buffer[i] as number);
  }

  /** Begins an extension that holds values; `endExtension` with the result stores its length. */
  beginExtension(type: number): number {
    this.ensure(6);
    const header = this.position;
    this.buffer[header] = 0xc9;
    this.buffer[header + 5] = type;
    this.position = header + 6;
    return header;
  }

  endExtension(header: number): void {
    this.view.setUint32(header + 1, this.position - header - 6);
  }
}
