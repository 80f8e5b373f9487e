import { Attachment, type CreateOptions, Kind } from '../attachment.js';
import type { Codec } from '../codec/codec.js';
import { type CodecOption, describeCodec, resolveCodec } from '../codec/resolve.js';
import { Connection } from './connection.js';
import { binding } from '../native.js';
import { checkOptions, readBoolean } from '../options.js';
import { codecOf } from '../queue/codec-of.js';
import { readChannelLimits, readCreation } from '../queue/options.js';

export interface PipeOptions<T> extends CreateOptions {
  /** Both ends send and receive. `false`: the first end reads, the second writes. Default `true`. */
  readonly duplex?: boolean | undefined;
  /** Bytes of shared memory each way, rounded up to a power of two (4 KiB to 1 GiB). Default 1 MiB. */
  readonly capacity?: number | undefined;
  /** The largest encoded message. Default: what memory allows, 4 GiB at the most. */
  readonly maxBytes?: number | undefined;
  /** How messages become bytes. Default `'msgpack'`. */
  readonly codec?: CodecOption<T> | undefined;
}

const optionNames = ['name', 'persist', 'mode', 'duplex', 'capacity', 'maxBytes', 'codec'];

/**
 * Makes a pipe and gives its two ends; with `duplex: false` the first reads and the second writes. Python: `multiprocessing.Pipe`.
 * @throws InterprocError `EEXIST` where the name is taken, `ENOSPC` where `/dev/shm` is full; TypeError and RangeError for options.
 */
export function Pipe<T = unknown>(options?: PipeOptions<T>): [Connection<T>, Connection<T>] {
  const given = checkOptions(options, optionNames, 'Pipe');
  const { name, persist, mode } = readCreation(given);
  const { capacity, maxBytes } = readChannelLimits(given);
  const duplex = readBoolean(given['duplex'], 'duplex', true);
  const codec = resolveCodec(given['codec']) as Codec<T>;
  const meta = JSON.stringify(describeCodec(codec));
  const attachment = Attachment.create(name, (chosen) =>
    binding.createPipe(chosen, mode, persist, codec.id, meta, capacity, maxBytes, duplex),
  );
  return [new Connection(attachment, 0, codec), new Connection(attachment, 1, codec)];
}

/**
 * Takes the end of a pipe that a handle names.
 * @throws InterprocError `ENOENT` where the pipe is gone, `ERR_CLOSED` where the end is, `ERR_END_TAKEN` where another thread or
 * process has it.
 */
export function claimEnd(name: string, end: number): Connection {
  const attachment = Attachment.open(name, binding.openPipe, Kind.pipe, (found) => {
    codecOf(found, undefined);
  });
  // Held for the time of the claim: an attachment without a handle is let go.
  attachment.retain();
  try {
    // Before the claim: an end whose messages could not be read stays where it is.
    const codec = codecOf(attachment, undefined);
    binding.pipeClaim(attachment.id, end);
    return new Connection(attachment, end, codec);
  } finally {
    attachment.release();
  }
}
