import { MessageTooLargeError } from '../errors.js';
import { type Blocked, blocked } from '../waiting/lane.js';

/*
 * Messages on a stream of bytes, as Python's Connection has them: the length in four bytes, most significant first, or -1 and then
 * the length in eight; then the message.
 */
const shortHeader = 4;
const longHeader = 12;
const longestShort = 2 ** 31 - 1;

/** A buffer with the header of a message of `length` bytes and room for it behind. */
export function createFrame(length: number): { frame: Buffer; payload: Buffer } {
  const header = length <= longestShort ? shortHeader : longHeader;
  const frame = Buffer.allocUnsafe(header + length);
  if (header === shortHeader) frame.writeInt32BE(length, 0);
  else {
    frame.writeInt32BE(-1, 0);
    frame.writeBigUInt64BE(BigInt(length), shortHeader);
  }
  return { frame, payload: frame.subarray(header) };
}

/** The whole frame of a message. */
export function frameOf(message: Uint8Array): Buffer {
  const { frame, payload } = createFrame(message.length);
  payload.set(message);
  return frame;
}

/** What has arrived and was not taken. Memory grows with what has come, never with what a header promises. */
export class FrameBuffer {
  readonly #chunks: Buffer[] = [];
  #size = 0;
  /** Of the next message, once its header has come. */
  #header = 0;
  #length = 0;

  /** Bytes that wait here. */
  get size(): number {
    return this.#size;
  }

  add(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#size += chunk.length;
  }

  clear(): void {
    this.#chunks.length = this.#size = this.#header = 0;
  }

  /** The length of the next message, which is all there. @throws MessageTooLargeError for one longer than `limit` */
  nextLength(limit: number): number | Blocked {
    if (this.#header === 0) this.#readHeader();
    if (this.#header === 0) return blocked;
    if (this.#length > limit)
      throw new MessageTooLargeError(
        `The other side announces a message of ${this.#length} bytes; ${limit} are allowed. What it sends may be no messages at all`,
      );
    return this.#size >= this.#header + this.#length ? this.#length : blocked;
  }

  /** The next message, which nextLength() has found to be there. It may share memory with others. */
  take(): Buffer {
    const header = this.#header;
    this.#header = 0;
    return this.#consume(header + this.#length).subarray(header);
  }

  #readHeader(): void {
    if (this.#size < shortHeader) return;
    const length = this.#peek(shortHeader).readInt32BE(0);
    if (length !== -1) {
      this.#header = shortHeader;
      // No other negative number means anything: read without its sign, it is too large for everybody.
      this.#length = length >= 0 ? length : length + 2 ** 32;
    } else if (this.#size >= longHeader) {
      this.#header = longHeader;
      this.#length = Number(this.#peek(longHeader).readBigUInt64BE(shortHeader));
    }
  }

  /** At least so many bytes of what comes next. */
  #peek(count: number): Buffer {
    const first = this.#chunks[0] as Buffer;
    if (first.length >= count) return first;
    return Buffer.concat(this.#chunks.slice(0, count));
  }

  #consume(count: number): Buffer {
    this.#size -= count;
    const first = this.#chunks[0] as Buffer;
    if (first.length > count) {
      this.#chunks[0] = first.subarray(count);
      return first.subarray(0, count);
    }
    let used = 0;
    let bytes = 0;
    while (bytes < count) bytes += (this.#chunks[used++] as Buffer).length;
    const parts = this.#chunks.splice(0, used);
    const whole = parts.length === 1 ? first : Buffer.concat(parts, bytes);
    if (bytes > count) this.#chunks.unshift(whole.subarray(count));
    return whole.subarray(0, count);
  }
}
