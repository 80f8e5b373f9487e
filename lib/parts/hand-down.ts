import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { type CompiledParts, loadedParts, type PartExtents } from './parts.js';

/** Of open(2): a file without a name, which goes with its last descriptor. The same on all architectures of Node.js. */
const unnamed = 0o20000000 | constants.O_DIRECTORY;

/** V8 copies what does not begin at such an address. */
const alignment = 8;

let handed: CompiledParts | undefined;
let asked = false;

/**
 * What this thread has compiled of the library, for its children, which then need not. Asked for with each start, there is something from the
 * second on: the functions that a child needs first have run by then, and who starts one child only does not pay for what another would use.
 */
export function partsForChildren(): CompiledParts | undefined {
  if (asked) handed ??= handDown();
  asked = true;
  return handed;
}

/** Complete before anybody is told of it, and never changed: children get a descriptor that can only read. */
function handDown(): CompiledParts | undefined {
  const pieces: Buffer[] = [];
  let size = 0;
  const append = (piece: Buffer): readonly [number, number] => {
    const start = size;
    const padding = -piece.length & (alignment - 1);
    pieces.push(piece, Buffer.alloc(padding));
    size += piece.length + padding;
    return [start, start + piece.length];
  };
  const parts: PartExtents[] = [];
  for (const { name, text, script } of loadedParts())
    parts.push({
      name,
      text: append(Buffer.from(text, 'latin1')),
      code: append(script.createCachedData()),
    });
  if (parts.length === 0) return undefined;
  const descriptor = unnamedFile(Buffer.concat(pieces, size));
  return descriptor === undefined ? undefined : { descriptor, size, parts };
}

function unnamedFile(bytes: Buffer): number | undefined {
  let writable: number | undefined;
  try {
    writable = openSync('/dev/shm', constants.O_RDWR | unnamed, 0o400);
    if (writeSync(writable, bytes) !== bytes.length) return undefined;
    return openSync(`/proc/self/fd/${writable}`, 'r');
  } catch {
    // No memory, or no descriptor: children compile for themselves.
    return undefined;
  } finally {
    if (writable !== undefined) closeSync(writable);
  }
}
