import { SerializationError } from '../errors.js';
import { createScratch, type Scratch, type SharedLike } from './codec.js';

/** Makes bytes the message of a scratch area. */
export function storeBytes(scratch: Scratch, bytes: Uint8Array, objects?: SharedLike[]): void {
  const { from } = scratch;
  reserve(scratch, bytes.length);
  scratch.buffer.set(bytes, from);
  scratch.start = from;
  scratch.end = from + bytes.length;
  setObjects(scratch, objects);
}

/** Makes text the message of a scratch area, as UTF-8. */
export function storeText(scratch: Scratch, text: string, objects?: SharedLike[]): void {
  const bytes = Buffer.byteLength(text);
  const { from } = scratch;
  reserve(scratch, bytes);
  scratch.start = from;
  scratch.end = from + scratch.buffer.write(text, from, bytes);
  setObjects(scratch, objects);
}

/** Makes sure that so many bytes can be written from `from` on. */
export function reserve(scratch: Scratch, bytes: number): void {
  const { from, buffer } = scratch;
  if (buffer.length - from >= bytes) return;
  try {
    // A batch grows by a message at a time: it is copied as often as doubling asks for, and no more.
    const size = Math.max(from + bytes * 1.25, from * 2);
    scratch.buffer = createScratch(Math.ceil(size / 4096) * 4096).buffer;
    buffer.copy(scratch.buffer, 0, 0, from);
  } catch (cause) {
    throw new SerializationError(`No memory for a message of ${bytes} bytes`, { cause });
  }
}

function setObjects(scratch: Scratch, objects: SharedLike[] | undefined): void {
  if (scratch.objects.length !== 0) scratch.objects.length = 0;
  if (objects !== undefined) scratch.objects.push(...objects);
}

/** A copy that shares no memory with what it was made from. */
export function copyBytes(bytes: Buffer, start: number, end: number): Buffer {
  const copy = Buffer.allocUnsafe(end - start);
  bytes.copy(copy, 0, start, end);
  return copy;
}
