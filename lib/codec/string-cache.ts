import { asciiText, isAscii } from './ascii-text.js';

const size = 2048;

/** Strings of fewer bytes are kept. */
export const shortString = 16;

/** Short strings that were read lately, so that the same bytes need not become a new string each time. */
export class StringCache {
  private readonly entries: string[] = new Array(size).fill('');
  /** The bytes of each entry as four words, zeros behind its end. */
  private readonly words = new Int32Array(4 * size);

  /** The string that fewer than 16 bytes are, `undefined` where they are not ASCII. */
  find(buffer: Buffer, view: DataView, start: number, length: number): string | undefined {
    // Words are read whole: there must be something behind the string.
    if (start + shortString > view.byteLength)
      return isAscii(view, start, length) ? asciiText(buffer, start, length) : undefined;
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    const rest = (1 << ((length & 3) << 3)) - 1;
    if (length < 4) a = view.getInt32(start, true) & rest;
    else {
      a = view.getInt32(start, true);
      if (length < 8) b = view.getInt32(start + 4, true) & rest;
      else {
        b = view.getInt32(start + 4, true);
        if (length < 12) c = view.getInt32(start + 8, true) & rest;
        else {
          c = view.getInt32(start + 8, true);
          d = view.getInt32(start + 12, true) & rest;
        }
      }
    }
    if (((a | b | c | d) & 0x80808080) !== 0) return undefined;
    // MurmurHash3's last steps: of strings that differ in a digit or two, as the keys of a dictionary, few may share a place.
    let hash = a ^ Math.imul(b, 0x9e3779b1) ^ Math.imul(c, 0x85ebca6b) ^ Math.imul(d, 0xc2b2ae35);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    const first = (hash ^ (hash >>> 13)) & (size - 1);
    if (this.holds(first, length, a, b, c, d)) return this.entries[first];
    const second = first ^ 1;
    if (this.holds(second, length, a, b, c, d)) return this.entries[second];
    // The older one of the two goes.
    this.entries[second] = this.entries[first] as string;
    this.words.copyWithin(4 * second, 4 * first, 4 * first + 4);
    const text = asciiText(buffer, start, length);
    const { words } = this;
    const at = 4 * first;
    words[at] = a;
    words[at + 1] = b;
    words[at + 2] = c;
    words[at + 3] = d;
    this.entries[first] = text;
    return text;
  }

  private holds(index: number, length: number, a: number, b: number, c: number, d: number) {
    const { words } = this;
    const at = 4 * index;
    return (
      (this.entries[index] as string).length === length &&
      words[at] === a &&
      words[at + 1] === b &&
      words[at + 2] === c &&
      words[at + 3] === d
    );
  }
}
