import { createScratch, type SharedHooks, setSharedHooks, sharedHooks } from '../codec/codec.js';
import { msgpackCodec } from '../codec/msgpack.js';
import { RemoteError, SerializationError } from '../errors.js';
import type { ProxyHandle } from './reference.js';

/*
 * What client and server say to each other. A message is an array of entries, which are handled in their order; an entry is an array
 * whose first element says what it is. Every call is answered once. Targets are the numbers of objects; a negative one, -n, is the
 * object that the client's call n gave or is about to give, so that calls on it need not wait for the answer.
 *
 *   client   [call, number, target, method, [arguments, …]]   calls of one method, one after the other: number, number + 1, …
 *            [cancellable, …]                                 one call whose last argument is an object of options
 *            [cancel, number]                                 its caller does not want the result any more
 *            [forget, number]                                 no more targets -number will come
 *            [release, object, count]                         so many references less
 *   server   [result, number, [value, …]]                     the results of number, number + 1, …
 *            [failure, number, [error, …]]                    of number 0: why the server ends the connection
 *
 * The codec keeps identity within a message: what is met twice arrives as one object. Two calls that have an object in common shall
 * each have a copy. So where a message has more than one body (the arguments of a call, a value, an error), a body with objects
 * in it stands there as the bytes of a message of its own.
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

/** Where an entry of each kind has its bodies. */
const bodiesAt: Readonly<Record<number, number>> = {
  [Entry.call]: 4,
  [Entry.cancellable]: 4,
  [Entry.result]: 2,
  [Entry.failure]: 2,
};

/** The path of the first body of a message of one entry, as errors of the codec have it. */
export function bodyPath(what: number): string {
  return `$[0][${bodiesAt[what]}][0]`;
}

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
  const sent: object[] = [];
  try {
    const alone = message.length === 1 && (bodiesOf(message[0] as unknown[])?.length ?? 1) === 1;
    encode(
      message.map((entry) => withBodies(entry, alone ? isBytes : hasIdentity(entry), by, sent)),
      by,
      sent,
    );
  } finally {
    reader = before;
  }
  // Only once it is certain that the message goes.
  for (const object of sent) by.sending?.(object);
  return scratch.buffer.subarray(scratch.start, scratch.end);
}

function encode(value: unknown, by: Reader, sent: object[]): void {
  if (scratch.buffer.length > keptBytes) scratch.buffer = Buffer.allocUnsafeSlow(64 * 1024);
  msgpackCodec.encode(value, scratch);
  for (const object of scratch.objects) {
    const { kind } = object.handle as { kind?: unknown };
    if (kind !== 'proxy' && (!by.local || kind === 'connection')) refuse(String(kind), by.local);
    sent.push(object);
  }
}

function bodiesOf(entry: readonly unknown[]): readonly unknown[] | undefined {
  const at = bodiesAt[entry[0] as number];
  return at === undefined ? undefined : (entry[at] as unknown[]);
}

/** The entry with those of its bodies encoded that `apart` names. */
function withBodies(
  entry: readonly unknown[],
  apart: (body: unknown) => boolean,
  by: Reader,
  sent: object[],
): readonly unknown[] {
  const bodies = bodiesOf(entry);
  if (bodies === undefined || !bodies.some(apart)) return entry;
  const encoded = bodies.map((body) => {
    if (!apart(body)) return body;
    encode(body, by, sent);
    return Buffer.from(scratch.buffer.subarray(scratch.start, scratch.end));
  });
  return entry.with(bodiesAt[entry[0] as number] as number, encoded);
}

/** Bytes would be taken for an encoded body. */
function isBytes(body: unknown): boolean {
  return body instanceof Uint8Array;
}

/** Whether something of a body could be met again in another one. Arrays of arguments are made for one call. */
function hasIdentity([what]: readonly unknown[]): (body: unknown) => boolean {
  const calls = what === Entry.call || what === Entry.cancellable;
  return calls ? (body) => (body as unknown[]).some(isObject) : isObject;
}

function isObject(value: unknown): boolean {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
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
    if (Array.isArray(message) && message.every(openBodies)) return message as Message;
  } catch (cause) {
    throw new RemoteError('The other side sent what is no message', { cause });
  } finally {
    reader = before;
    setSharedHooks(usual);
  }
  throw new RemoteError('The other side sent what is no message');
}

/** Decodes the bodies of an entry that stand there as bytes. Gives whether it is an entry. */
function openBodies(entry: unknown): boolean {
  if (!Array.isArray(entry)) return false;
  const at = bodiesAt[entry[0] as number];
  if (at === undefined) return true;
  const bodies: unknown = entry[at];
  if (!Array.isArray(bodies) || bodies.length === 0) return false;
  for (const [index, body] of bodies.entries()) {
    if (body instanceof Uint8Array) {
      const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
      bodies[index] = msgpackCodec.decode(bytes, 0, bytes.length);
    }
  }
  return true;
}
