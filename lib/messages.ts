import { type Codec, createScratch, type Scratch, type SharedLike } from './codec/codec.js';
import { binding } from './native.js';

/**
 * The memory in which this thread's messages cross into the addon and back. It is registered there, so that a message needs no
 * JavaScript object of its own.
 */
export const usual = 64 * 1024;
/** Buffers that one large message made larger are kept up to this size. */
const kept = 4 * 1024 * 1024;

/** The most messages that one native call gives. */
export const batchMost = 1024;
const lengthsKept = 64 * batchMost;

export const scratch: Scratch = createScratch(usual);
let registered: Buffer = scratch.buffer;
let received: Buffer = Buffer.allocUnsafeSlow(usual);
let batch: Scratch = createScratch(usual);
let registeredBatch: Buffer = batch.buffer;
export let lengths = new Uint32Array(batchMost);

binding.setTransmitBuffer(registered);
binding.setReceiveBuffer(received);
binding.setBatchBuffer(registeredBatch);
binding.setLengths(lengths);

/** Encodes into `scratch`, which the addon then reads. What was encoded before is gone. */
export function encode<T>(codec: Codec<T>, value: T): void {
  if (scratch.buffer.length > kept) scratch.buffer = Buffer.allocUnsafeSlow(usual);
  codec.encode(value, scratch);
  register();
}

function register(): void {
  if (scratch.buffer === registered) return;
  registered = scratch.buffer;
  binding.setTransmitBuffer(registered);
}

/** A copy of the message in `scratch`, for one that has to wait. */
export function encodedCopy(): Buffer {
  return Buffer.from(scratch.buffer.subarray(scratch.start, scratch.end));
}

/** Takes what `scratch` says of the shared objects in the message just encoded. */
export function takeObjects(): SharedLike[] | undefined {
  return scratch.objects.length === 0 ? undefined : scratch.objects.slice();
}

/** Messages encoded one behind the other, which the addon reads from its batch buffer and table of lengths. */
export interface Batch {
  readonly count: number;
  /** Their bytes, all together. */
  readonly bytes: number;
  readonly objects: readonly SharedLike[];
}

/** The lengths of a batch while it is being encoded: a getter may send something, or receive. */
let sizes = new Uint32Array(batchMost);
let encoding = false;

/**
 * Encodes all of the values, each straight behind the one before, before any is sent: one that cannot be encoded throws here, and
 * nothing is queued.
 */
export function encodeBatch<T>(codec: Codec<T>, values: readonly T[]): Batch {
  const nested = encoding;
  // A getter may encode a batch itself: that one has memory of its own.
  const own = nested ? createScratch(usual) : batch;
  if (!nested && values.length > sizes.length) sizes = new Uint32Array(values.length);
  const table = nested ? new Uint32Array(values.length) : sizes;
  const objects: SharedLike[] = [];
  let bytes = 0;
  encoding = true;
  try {
    for (let index = 0; index < values.length; index++) {
      own.from = bytes;
      codec.encode(values[index] as T, own);
      if (own.objects.length > 0) objects.push(...own.objects);
      table[index] = own.end - bytes;
      bytes = own.end;
    }
  } finally {
    encoding = nested;
  }
  if (values.length > lengths.length) resizeLengths(values.length);
  lengths.set(table.length === values.length ? table : table.subarray(0, values.length));
  batch = own;
  registerBatch();
  return { count: values.length, bytes, objects };
}

/** The part of a batch that has to wait, copied out of the way of other batches. */
export function copyBatch(
  first: number,
  count: number,
  start: number,
  bytes: number,
): WaitingBatch {
  return {
    bytes: Buffer.from(batch.buffer.subarray(start, start + bytes)),
    lengths: lengths.slice(first, first + count),
  };
}

export interface WaitingBatch {
  readonly bytes: Buffer;
  readonly lengths: Uint32Array;
}

/** Puts a waiting batch back where the addon reads it. */
export function restoreBatch(waiting: WaitingBatch): void {
  if (waiting.lengths.length > lengths.length) resizeLengths(waiting.lengths.length);
  if (waiting.bytes.length > batch.buffer.length)
    batch.buffer = Buffer.allocUnsafeSlow(waiting.bytes.length);
  registerBatch();
  lengths.set(waiting.lengths);
  batch.buffer.set(waiting.bytes);
}

/** Gives back what an unusually large batch made large. */
export function trimBatch(): void {
  if (batch.buffer.length > kept) {
    batch.buffer = Buffer.allocUnsafeSlow(usual);
    registerBatch();
  }
  if (lengths.length > lengthsKept) resizeLengths(batchMost);
  if (sizes.length > lengthsKept && !encoding) sizes = new Uint32Array(batchMost);
}

function registerBatch(): void {
  if (batch.buffer === registeredBatch) return;
  registeredBatch = batch.buffer;
  binding.setBatchBuffer(registeredBatch);
}

function resizeLengths(count: number): void {
  const next = new Uint32Array(count);
  next.set(lengths.subarray(0, Math.min(count, lengths.length)));
  lengths = next;
  binding.setLengths(lengths);
}

/** Makes room for the message that did not fit. */
export function growReceived(): void {
  received = Buffer.allocUnsafeSlow(Math.max(usual, binding.needed()));
  binding.setReceiveBuffer(received);
}

/** Memory of its own for the message that did not fit. */
export function bufferForNeeded(): Buffer {
  return Buffer.allocUnsafeSlow(binding.needed());
}

/** Decodes the part of the receive buffer in which a message arrived. */
export function decode<T>(codec: Codec<T>, start: number, end: number): T {
  const bytes = received;
  if (bytes.length <= kept) return codec.decode(bytes, start, end);
  // Not kept: memory of a message's size would stay for as long as the thread.
  received = Buffer.allocUnsafeSlow(usual);
  binding.setReceiveBuffer(received);
  return codec.decode(bytes, start, end);
}

/** How many bytes messages that came together may share memory of: what keeps one of them keeps the others. As in Node's own pool. */
const sharedMost = 8192;

/** The `count` messages in the receive buffer as they are, copied. Memory is made, and bytes are copied, for many at a time. */
export function copyMessages(count: number): Buffer[] {
  const items: Buffer[] = new Array(count);
  let start = 0;
  for (let first = 0; first < count; ) {
    let bytes = lengths[first] as number;
    let next = first + 1;
    while (next < count && bytes + (lengths[next] as number) <= sharedMost)
      bytes += lengths[next++] as number;
    const copy = Buffer.allocUnsafeSlow(bytes);
    received.copy(copy, 0, start, start + bytes);
    start += bytes;
    for (let at = 0; first < next; first++) {
      const end = at + (lengths[first] as number);
      items[first] = copy.subarray(at, end);
      at = end;
    }
  }
  return items;
}

/** A copy of a part of the receive buffer. */
export function copyReceived(start: number, end: number): Buffer {
  return Buffer.from(received.subarray(start, end));
}
