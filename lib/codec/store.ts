import { SerializationError } from '../errors.js';
import { createScratch, type Scratch, type SharedLike } from './codec.js';

/** Makes bytes the message of a scratch area. */
export function storeBytes(scratch: Scratch, bytes: Uint8Array, objects?: SharedLike[]): void {
  reserve(scratch, bytes.length);
  scratch.buffer.set(bytes, 0);
  scratch.start = 0;
  scratch.end = bytes.length;
  setObjects(scratch, objects);
}

/** Makes text the message of a scratch area, as UTF-8. */
export function storeText(scratch: Scratch, text: string, objects?: SharedLike[]): void {
  const bytes = Buffer.byteLength(text);
  reserve(scratch, bytes);
  scratch.start = 0;
  scratch.end = scratch.buffer.write(text, 0, bytes);
  setObjects(scratch, objects);
}

function reserve(scratch: Scratch, bytes: number): void {
  if (scratch.buffer.length >= bytes) return;
  try {
    scratch.buffer = createScratch(Math.ceil((bytes * 1.25) / 4096) * 4096).buffer;
  } catch (cause) {
    throw new SerializationError(`No memory for a message of ${bytes} bytes`, { cause });
  }
}

function setObjects(scratch: Scratch, objects: SharedLike[] | undefined): void {
  scratch.objects.length = 0;
  if (objects !== undefined) scratch.objects.push(...objects);
}

/** A copy that shares no memory with what it was made from. */
export function copyBytes(bytes: Buffer, start: number, end: number): Buffer {
  const copy = Buffer.allocUnsafe(end - start);
  bytes.copy(copy, 0, start, end);
  return copy;
}
