const { fromCharCode } = String;

/** Longer strings are made by Node.js in one call, which costs some 50 ns whatever their length is. */
export const longestAscii = 32;

/** Makes the string of one fixed length from the bytes at a place. */
type MakeText = (bytes: Uint8Array, at: number) => string;

const makers: (MakeText | undefined)[] = new Array(longestAscii + 1).fill(undefined);
let codeAllowed = true;

/** The string that up to `longestAscii` bytes are, all of which are ASCII. */
export function asciiText(bytes: Buffer, at: number, length: number): string {
  const make = makers[length] ?? makerFor(length);
  return make === undefined ? bytes.toString('latin1', at, at + length) : make(bytes, at);
}

/**
 * One call of `fromCharCode` with each byte written out: an array of arguments would cost more than all the rest, and parts put
 * together would be no string of one piece. `undefined` where the program forbids making code.
 */
function makerFor(length: number): MakeText | undefined {
  if (!codeAllowed) return undefined;
  const units = Array.from({ length }, (_, i) => `bytes[at + ${i}]`);
  try {
    const code = `return (bytes, at) => fromCharCode(${units.join(', ')});`;
    const make = new Function('fromCharCode', code)(fromCharCode) as MakeText;
    makers[length] = make;
    return make;
  } catch (error) {
    if (!(error instanceof EvalError)) throw error;
    codeAllowed = false;
    return undefined;
  }
}

/** Whether these bytes, which are there, are all ASCII. */
export function isAscii(view: DataView, start: number, length: number): boolean {
  const end = start + length;
  let all = 0;
  let i = start;
  for (; i + 4 <= end; i += 4) all |= view.getInt32(i);
  for (; i < end; i++) all |= view.getUint8(i);
  return (all & 0x80808080) === 0;
}
