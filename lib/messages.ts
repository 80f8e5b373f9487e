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
let lengths = new Uint32Array(batchMost);

binding.setTransmitBuffer(registered);
binding.setReceiveBuffer(received);
binding.setBatchBuffer(registeredBatch);
binding.setLengths(lengths);

/** What the addon's table of lengths says: of a batch's messages, or of a loan. */
export function lengthAt(index: number): number {
  return lengths[index] ?? 0;
}

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
  const count = values.length;
  // A getter may encode a batch itself: that one has memory of its own.
  const own = nested ? createScratch(usual) : batch;
  if (!nested && count > sizes.length) sizes = new Uint32Array(count);
  const table = nested ? new Uint32Array(count) : sizes;
  let objects: readonly SharedLike[] = [];
  encoding = true;
  try {
    own.from = 0;
    if (codec.encodeMany === undefined) objects = encodeEach(codec, values, count, own, table);
    else {
      codec.encodeMany(values, count, own, table);
      if (own.objects.length > 0) objects = own.objects.slice();
    }
  } finally {
    encoding = nested;
  }
  const bytes = own.end;
  if (count > lengths.length) resizeLengths(count);
  lengths.set(table.length === count ? table : table.subarray(0, count));
  batch = own;
  registerBatch();
  return { count, bytes, objects };
}

function encodeEach<T>(
  codec: Codec<T>,
  values: readonly T[],
  count: number,
  into: Scratch,
  table: Uint32Array,
): SharedLike[] {
  const objects: SharedLike[] = [];
  into.end = 0;
  for (let index = 0; index < count; index++) {
    into.from = into.end;
    codec.encode(values[index] as T, into);
    if (into.objects.length > 0) objects.push(...into.objects);
    table[index] = into.end - into.from;
  }
  return objects;
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
  return codec.decode(takeReceived(), start, end);
}

/** The receive buffer. Not kept where it is large: memory of a message's size would stay for as long as the thread. */
function takeReceived(): Buffer {
  const bytes = received;
  if (bytes.length > kept) {
    received = Buffer.allocUnsafeSlow(usual);
    binding.setReceiveBuffer(received);
  }
  return bytes;
}

/** Messages one behind the other. */
export interface ReceivedBatch {
  readonly bytes: Buffer;
  readonly sizes: Uint32Array;
}

/** The `count` messages in the receive buffer, until the next ones come. For who runs code of the caller's, which may receive, a copy. */
export function receivedBatch<T>(codec: Codec<T>, count: number): ReceivedBatch {
  const bytes = takeReceived();
  if (codec.decodeMany !== undefined) return { bytes, sizes: lengths };
  const sizes = lengths.slice(0, count);
  let end = 0;
  for (const size of sizes) end += size;
  return { bytes: Buffer.from(bytes.subarray(0, end)), sizes };
}

/** The class of which every Buffer is: its constructor makes a view for less than half of what `subarray` takes. */
const View = (
  Buffer as unknown as {
    [Symbol.species]: new (memory: ArrayBufferLike, start: number, length: number) => Buffer;
  }
)[Symbol.species];

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
    const memory = copy.buffer;
    for (let at = 0; first < next; first++) {
      const length = lengths[first] as number;
      items[first] = new View(memory, at, length);
      at += length;
    }
  }
  return items;
}

/** A copy of a part of the receive buffer. */
export function copyReceived(start: number, end: number): Buffer {
  return Buffer.from(received.subarray(start, end));
}
