const size = 1024;

/** Short strings that were read lately, so that the same bytes need not become a new string each time. */
export class StringCache {
  private readonly entries: string[] = new Array(size).fill('');

  /** The string that the bytes are, `undefined` where they are not ASCII. */
  find(buffer: Buffer, start: number, length: number): string | undefined {
    const end = start + length;
    let hash = length;
    let bits = 0;
    for (let i = start; i < end; i++) {
      const byte = buffer[i] as number;
      bits |= byte;
      hash = (Math.imul(hash, 31) + byte) | 0;
    }
    if (bits > 0x7f) return undefined;
    const index = (hash ^ (hash >>> 10)) & (size - 1);
    const entry = this.entries[index] as string;
    if (entry.length === length) {
      let i = 0;
      while (i < length && entry.charCodeAt(i) === buffer[start + i]) i++;
      if (i === length) return entry;
    }
    const text = asciiText(buffer, start, length);
    this.entries[index] = text;
    return text;
  }
}

const { fromCharCode } = String;

/** For a few bytes, a call for each byte's character is cheaper than the one call into Node.js. */
function asciiText(b: Buffer, at: number, length: number): string {
  if (length > 12) return b.toString('latin1', at, at + length);
  if (length > 8) return shortText(b, at, 8) + shortText(b, at + 8, length - 8);
  return shortText(b, at, length);
}

function shortText(b: Buffer, at: number, length: number): string {
  // Written out, because an array of arguments would cost more than it saves.
  const c0 = b[at]!;
  const c1 = b[at + 1]!;
  const c2 = b[at + 2]!;
  const c3 = b[at + 3]!;
  switch (length) {
    case 0:
      return '';
    case 1:
      return fromCharCode(c0);
    case 2:
      return fromCharCode(c0, c1);
    case 3:
      return fromCharCode(c0, c1, c2);
    case 4:
      return fromCharCode(c0, c1, c2, c3);
    case 5:
      return fromCharCode(c0, c1, c2, c3, b[at + 4]!);
    case 6:
      return fromCharCode(c0, c1, c2, c3, b[at + 4]!, b[at + 5]!);
    case 7:
      return fromCharCode(c0, c1, c2, c3, b[at + 4]!, b[at + 5]!, b[at + 6]!);
    default:
      return fromCharCode(c0, c1, c2, c3, b[at + 4]!, b[at + 5]!, b[at + 6]!, b[at + 7]!);
  }
}
