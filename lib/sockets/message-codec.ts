import { type Codec, type SharedHooks, setSharedHooks, sharedHooks } from '../codec/codec.js';
import { SerializationError } from '../errors.js';
import * as messages from '../messages.js';
import { createFrame } from './framing.js';

export interface Encoded {
  readonly frame: Buffer;
  /** Shared objects in the message, which change hands when it is sent. */
  readonly objects: readonly object[] | undefined;
}

/** The frame of a message. `local`: the other end is on this machine for certain, and can attach to what the message carries. */
export function encode<T>(codec: Codec<T>, value: T, local: boolean): Encoded {
  messages.encode(codec, value);
  const objects = messages.takeObjects();
  if (objects !== undefined && !local) throw foreign('sent');
  const { start, end, buffer } = messages.scratch;
  const { frame, payload } = createFrame(end - start);
  buffer.copy(payload, 0, start, end);
  return { frame, objects };
}

export function decode<T>(codec: Codec<T>, message: Buffer, local: boolean): T {
  if (local) return codec.decode(message, 0, message.length);
  const usual = sharedHooks();
  // Decoding is synchronous: nobody else sees these.
  setSharedHooks({ ...usual, ...refusing });
  try {
    return codec.decode(message, 0, message.length);
  } finally {
    setSharedHooks(usual);
  }
}

const refusing: Pick<SharedHooks, 'fromHandle'> = {
  // Whoever is on the network could name objects of this machine that are none of theirs.
  fromHandle: () => {
    throw foreign('received');
  },
};

function foreign(what: string): SerializationError {
  return new SerializationError(
    `A shared object cannot be ${what} over TCP: it lives in the memory of one machine. Use a Unix socket`,
  );
}
