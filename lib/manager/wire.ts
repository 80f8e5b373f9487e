import { createScratch, type SharedHooks, setSharedHooks, sharedHooks } from '../codec/codec.js';
import { msgpackCodec } from '../codec/msgpack.js';
import { RemoteError, SerializationError } from '../errors.js';
import type { ProxyHandle } from './reference.js';

/*
 * What client and server say to each other. A message is an array of entries, which are handled in their order; an entry is an array
 * whose first element says what it is. Every call is answered once. Targets are the numbers of objects; a negative one, -n, is the
 * object that the client's call n gave or is about to give, so that calls on it need not wait for the answer.
 *
 *   client   [call, number, target, method, arguments]        one call
 *            [cancellable, …]                                 the same; the last argument is an object of options
 *            [cancel, number]                                 its caller does not want the result any more
 *            [forget, number]                                 no more targets -number will come
 *            [release, object, count]                         so many references less
 *   server   [result, number, value]
 *            [failure, number, error]
 */
export const Entry = {
  call: 0,
  cancellable: 1,
  cancel: 2,
  forget: 3,
  release: 4,
  result: 5,
  failure: 6,
} as const;

/** The target of the calls that concern the server itself. */
export const serverObject = 0;

export type Message = readonly (readonly unknown[])[];

/** What handles of proxies in a message mean to the one who reads it, and how it tells its peer of its own. */
export interface Reader {
  /** The object that a handle leads to. */
  resolve(handle: ProxyHandle): object;
  /** Called for each shared object of a message that is about to go. */
  sending?(object: object): void;
  /** Whether shared memory means anything to the peer. */
  readonly local: boolean;
}

let reader: Reader | undefined;

/** Who reads or writes the message that is being read or written. */
export function currentReader(): Reader | undefined {
  return reader;
}

const scratch = createScratch(64 * 1024);
const keptBytes = 1024 * 1024;

/**
 * The bytes of a message; they lie in memory that the next call uses again.
 * @throws SerializationError for what cannot travel to this peer
 */
export function encodeMessage(message: Message, by: Reader): Buffer {
  const before = reader;
  reader = by;
  try {
    if (scratch.buffer.length > keptBytes) scratch.buffer = Buffer.allocUnsafeSlow(64 * 1024);
    msgpackCodec.encode(message, scratch);
  } finally {
    reader = before;
  }
  const { objects } = scratch;
  for (const { handle } of objects) {
    const { kind } = handle as { kind?: unknown };
    if (kind !== 'proxy' && (!by.local || kind === 'connection')) refuse(String(kind), by.local);
  }
  // Only once it is certain that the message goes.
  for (const object of objects) by.sending?.(object);
  return scratch.buffer.subarray(scratch.start, scratch.end);
}

function refuse(kind: string, local: boolean): never {
  const why = local
    ? 'an end of a pipe cannot travel through a manager: send it through a Queue or a Connection'
    : 'shared memory cannot be reached from another machine';
  throw new SerializationError(`A ${kind} cannot be sent here; ${why}`);
}

/** Whoever is on the network could name shared memory of this machine that is none of theirs. */
function onlyProxy(handle: object, usual: SharedHooks): object {
  const { kind } = handle as { kind?: unknown };
  if (kind !== 'proxy') refuse(String(kind), false);
  return usual.fromHandle(handle);
}

/** @throws RemoteError for bytes that are no message of ours */
export function decodeMessage(bytes: Buffer, by: Reader): Message {
  const before = reader;
  reader = by;
  const usual = sharedHooks();
  if (!by.local) setSharedHooks({ ...usual, fromHandle: (handle) => onlyProxy(handle, usual) });
  try {
    const message: unknown = msgpackCodec.decode(bytes, 0, bytes.length);
    if (Array.isArray(message) && message.every(Array.isArray)) return message as Message;
  } catch (cause) {
    throw new RemoteError('The other side sent what is no message', { cause });
  } finally {
    reader = before;
    setSharedHooks(usual);
  }
  throw new RemoteError('The other side sent what is no message');
}
