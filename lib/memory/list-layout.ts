import { CorruptSegmentError, invalidArgType, outOfRange } from '../errors.js';

/*
 * The bytes of CPython's ShareableList, little-endian:
 *
 *   i64 N · i64 offsets[N + 1] · data · 8 bytes of format [N] · i8 kind [N]
 *
 * A value lies in its slot, data[offsets[i], offsets[i + 1]). Its format is one of Python's struct module. CPython writes the
 * size of the slot ('16s') for texts and bytes, so it does not keep their length, and strips trailing NULs when it reads.
 * Where a value ends in NULs we write its true length instead ('5s0x'). CPython reads that as it reads its own (without the NULs).
 * The '0x' is nothing to read, but it makes CPython choose the whole slot again when it writes there: it does so for a format that
 * does not end in 's'.
 */

/** What a `ShareableList` holds. Integers are `bigint` where a number is not exact. */
export type ShareableValue = number | bigint | boolean | string | Uint8Array | null;

/** A value as it lies in its slot. */
export interface Encoded {
  readonly bytes: Uint8Array;
  /** The length of a text or bytes; `undefined` where the format is fixed. */
  readonly format: string | undefined;
  readonly kind: number;
}

const kindOf = { plain: 0, text: 1, bytes: 2, none: 3 } as const;
const boolFormat = 'xxxxxxx?';
const noneFormat = 'xxxxxx?x';
const formatLength = 8;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const smallest = -(2n ** 63n);
const largest = 2n ** 63n - 1n;

/** @throws TypeError for what a list cannot hold, RangeError for an integer beyond 64 bits and for a text that is not UTF-8. */
export function encodeValue(value: unknown, where: string): Encoded {
  if (value === null) return { bytes: new Uint8Array(8), format: noneFormat, kind: kindOf.none };
  if (typeof value === 'string') {
    if (/\p{Surrogate}/u.test(value)) throw outOfRange(where, 'well-formed text', value);
    return { bytes: Buffer.from(value), format: undefined, kind: kindOf.text };
  }
  if (value instanceof Uint8Array) return { bytes: value, format: undefined, kind: kindOf.bytes };
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  if (typeof value === 'boolean') {
    bytes[7] = value ? 1 : 0;
    return { bytes, format: boolFormat, kind: kindOf.plain };
  }
  if (typeof value === 'bigint' || isInteger(value)) {
    const integer = BigInt(value);
    if (integer < smallest || integer > largest) throw outOfRange(where, 'of 64 bits', value);
    view.setBigInt64(0, integer, true);
    return { bytes, format: 'q', kind: kindOf.plain };
  }
  if (typeof value !== 'number') {
    throw invalidArgType(where, 'a number, bigint, boolean, string, Uint8Array or null', value);
  }
  view.setFloat64(0, value, true);
  return { bytes, format: 'd', kind: kindOf.plain };
}

/** As Python has it, 1 is an integer. A number that is no exact integer is a float; so is -0, which integers do not have. */
function isInteger(value: unknown): value is number {
  return Number.isSafeInteger(value) && !Object.is(value, -0);
}

/** The bytes that CPython gives a value: for texts and bytes always one at least that is not used. */
export function slotFor({ bytes, format }: Encoded): number {
  return format === undefined ? 8 * (Math.floor(bytes.length / 8) + 1) : 8;
}

function formatFor({ bytes, format }: Encoded, slot: number): string {
  if (format !== undefined) return format;
  const whole = `${slot}s`;
  if (bytes.length === 0 || bytes.at(-1) !== 0) return whole;
  const exact = `${bytes.length}s0x`;
  // From a million bytes on there is no room for the '0x'.
  return exact.length <= formatLength ? exact : `${bytes.length}s`;
}

/** Where everything is in one list's memory, checked once. */
export class ListLayout {
  readonly length: number;
  readonly #memory: Uint8Array;
  readonly #slots: readonly number[];
  readonly #data: number;
  readonly #formats: number;
  readonly #kinds: number;

  /** @throws CorruptSegmentError for memory that cannot be a list */
  constructor(memory: Uint8Array, name: string) {
    const view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
    const corrupt = (what: string) =>
      new CorruptSegmentError(`'${name}' is no ShareableList: ${what}`);
    if (memory.length < 16) throw corrupt('it is too short');
    const count = view.getBigInt64(0, true);
    if (count < 0n || count * 17n + 16n > BigInt(memory.length)) {
      throw corrupt(`it cannot hold ${count} values`);
    }
    this.length = Number(count);
    this.#data = 8 * (this.length + 2);
    const room = memory.length - this.#data - 9 * this.length;
    const slots: number[] = [];
    for (let index = 0; index <= this.length; index++) {
      const offset = view.getBigInt64(8 * (index + 1), true);
      const least = BigInt(slots.at(-1) ?? 0);
      const most = index === 0 ? 0n : BigInt(room);
      if (offset < least || offset > most) throw corrupt(`its offset ${index} is ${offset}`);
      slots.push(Number(offset));
    }
    this.#slots = slots;
    this.#formats = this.#data + (slots.at(-1) as number);
    this.#kinds = this.#formats + formatLength * this.length;
    this.#memory = memory;
  }

  /** The whole memory of a list of these values. */
  static bytesOf(values: readonly Encoded[]): Uint8Array {
    const size = values.reduce((sum, value) => sum + slotFor(value) + 17, 16);
    const memory = new Uint8Array(size);
    const view = new DataView(memory.buffer);
    view.setBigInt64(0, BigInt(values.length), true);
    let offset = 0;
    values.forEach((value, index) => {
      offset += slotFor(value);
      view.setBigInt64(8 * (index + 2), BigInt(offset), true);
    });
    const layout = new ListLayout(memory, 'the new list');
    for (const [index, value] of values.entries()) layout.write(index, value, `Value ${index}`);
    return memory;
  }

  /** @throws RangeError where the value does not fit into its slot; nothing is written then */
  write(index: number, value: Encoded, where: string): void {
    const [start, slot] = this.#slot(index);
    if (value.bytes.length > slot) {
      throw outOfRange(where, `at most ${slot} bytes, what its place has`, value.bytes.length);
    }
    const format = formatFor(value, slot);
    this.#memory.fill(0, start + value.bytes.length, start + slot);
    this.#memory.set(value.bytes, start);
    const place = this.#formats + formatLength * index;
    this.#memory.fill(0, place, place + formatLength);
    this.#memory.set(Buffer.from(format, 'latin1'), place);
    this.#memory[this.#kinds + index] = value.kind;
  }

  /** @throws CorruptSegmentError for a format that neither we nor CPython write */
  read(index: number): Exclude<ShareableValue, Uint8Array> | Buffer {
    const [start, slot] = this.#slot(index);
    const place = this.#formats + formatLength * index;
    const format = Buffer.from(this.#memory.subarray(place, place + formatLength))
      .toString('latin1')
      .replace(/\0+$/, '');
    const kind = this.#memory[this.#kinds + index] as number;
    const bytes = Buffer.from(this.#memory.subarray(start, start + slot));
    if (kind === kindOf.none) return null;
    const [, length, exact] = /^(\d+)s(0x)?$/.exec(format) ?? [];
    if (length !== undefined && (kind === kindOf.text || kind === kindOf.bytes)) {
      return this.#string(index, bytes, Number(length), exact !== undefined, kind);
    }
    if (slot >= 8 && kind === kindOf.plain) {
      if (format === 'q') return exactInteger(bytes.readBigInt64LE());
      if (format === 'd') return bytes.readDoubleLE();
      if (format === boolFormat) return bytes[7] !== 0;
    }
    throw this.#corrupt(index, `has the format '${format}' and the kind ${kind}`);
  }

  #string(
    index: number,
    slot: Buffer,
    length: number,
    exact: boolean,
    kind: number,
  ): string | Buffer {
    if (length > slot.length) throw this.#corrupt(index, `is of ${length} bytes`);
    let end = length;
    // CPython writes no other length than the slot's.
    const ours = exact || length < slot.length;
    while (!ours && end > 0 && slot[end - 1] === 0) end--;
    const bytes = slot.subarray(0, end);
    if (kind === kindOf.bytes) return bytes;
    try {
      return utf8.decode(bytes);
    } catch {
      throw this.#corrupt(index, 'is text that is not UTF-8');
    }
  }

  #slot(index: number): [start: number, size: number] {
    const from = this.#slots[index] as number;
    return [this.#data + from, (this.#slots[index + 1] as number) - from];
  }

  #corrupt(index: number, what: string): CorruptSegmentError {
    return new CorruptSegmentError(`Value ${index} of the list ${what}`);
  }
}

function exactInteger(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
