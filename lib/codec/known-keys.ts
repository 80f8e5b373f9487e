/** A key that was written lately, with the bytes that it was written as. */
export interface KnownKey {
  text: string;
  /** Its header and its characters. */
  bytes: number;
  /** The same as four words, in the order of bytes in memory of a machine with the lowest byte first. */
  a: number;
  b: number;
  c: number;
  d: number;
  /** The key that came after it last time. */
  next: KnownKey;
  /** A key that had this place last time, but was not known. */
  candidate: string;
}

const size = 256;
/** The header and 15 characters: four words. */
const longest = 15;
/**
 * The keys of objects as they are encoded. Objects of one shape have the same keys in the same order, so each key leads to the next
 * one, and one comparison of two references finds it.
 */
export class KnownKeys {
  private readonly keys: KnownKey[];
  private readonly words = new DataView(new ArrayBuffer(longest + 1));

  constructor() {
    this.keys = Array.from({ length: size }, createKey);
  }

  /** Where a message begins. */
  get first(): KnownKey {
    return this.keys[0] as KnownKey;
  }

  /** The key with this text, after `last`; `undefined` where it is not known. */
  find(text: string, last: KnownKey): KnownKey | undefined {
    const { length } = text;
    if (length === 0 || length > longest) return undefined;
    const hash = length * 5 + text.charCodeAt(0) * 7 + text.charCodeAt(length - 1) * 31;
    const key = this.keys[hash & (size - 1)] as KnownKey;
    if (key.text !== text) {
      // Known from the second time on: keys that never come again, as those of dictionaries, cost no more than this.
      if (key.candidate !== text) {
        key.candidate = text;
        return undefined;
      }
      if (!this.adopt(text, key)) return undefined;
    }
    last.next = key;
    return key;
  }

  private adopt(text: string, key: KnownKey): boolean {
    const { words } = this;
    words.setUint8(0, 0xa0 | text.length);
    for (let i = 0; i < longest; i++) {
      const unit = i < text.length ? text.charCodeAt(i) : 0;
      if (unit > 0x7f) return false;
      words.setUint8(i + 1, unit);
    }
    key.text = text;
    key.bytes = text.length + 1;
    key.a = words.getInt32(0, true);
    key.b = words.getInt32(4, true);
    key.c = words.getInt32(8, true);
    key.d = words.getInt32(12, true);
    return true;
  }
}

function createKey(): KnownKey {
  const key = { text: '', bytes: 1, a: 0xa0, b: 0, c: 0, d: 0, candidate: '' } as KnownKey;
  key.next = key;
  return key;
}
