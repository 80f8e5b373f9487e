import { type Codec, createScratch, type Scratch } from './codec.js';
import { Decoder } from './decoder.js';
import { Encoder } from './encoder.js';

let encoder: Encoder | undefined;
let decoder: Decoder | undefined;

/** MessagePack with extensions for what it lacks: keeps all that a structured clone keeps. */
export const msgpackCodec: Codec = {
  id: 1,
  name: 'msgpack',
  encode(value: unknown, scratch: Scratch): void {
    encoder ??= new Encoder();
    if (!encoder.busy) {
      encoder.encode(value, scratch);
      return;
    }
    leaveBuffer(scratch);
    new Encoder().encode(value, scratch);
  },
  decode(bytes: Buffer, start: number, end: number): unknown {
    decoder ??= new Decoder();
    return (decoder.busy ? new Decoder() : decoder).decode(bytes, start, end);
  },
  encodeMany(values: readonly unknown[], count: number, scratch: Scratch, sizes: Uint32Array) {
    encoder ??= new Encoder();
    if (encoder.busy) leaveBuffer(scratch);
    (encoder.busy ? new Encoder() : encoder).encodeMany(values, count, scratch, sizes);
  },
  decodeMany(bytes: Buffer, sizes: Uint32Array, count: number, values: unknown[]) {
    decoder ??= new Decoder();
    (decoder.busy ? new Decoder() : decoder).decodeMany(bytes, sizes, count, values);
  },
};

/** A getter encodes while its object is being encoded, perhaps into the very same buffer. */
function leaveBuffer(scratch: Scratch): void {
  const { from, buffer } = scratch;
  scratch.buffer = createScratch(from + 8192).buffer;
  buffer.copy(scratch.buffer, 0, 0, from);
}
