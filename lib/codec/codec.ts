import { SerializationError } from '../errors.js';
import { Unencodable } from './path.js';

/** What the codecs need of a shared object: plain data that `attach` understands. */
export interface SharedLike {
  readonly handle: unknown;
}

/** Where messages are encoded to. One per thread, reused for every message. */
export interface Scratch {
  /** Replaced by a larger one when a message needs it. */
  buffer: Buffer;
  /** Where the next message begins. What lies before it is kept: messages encoded earlier, of the same batch. */
  from: number;
  /** The encoded message is `buffer.subarray(start, end)`; `start` is what `from` was. */
  start: number;
  end: number;
  /** The shared objects that the message carries, each once, in the order met. */
  readonly objects: SharedLike[];
}

/** How values become bytes and come back. */
export interface Codec<T = unknown> {
  /** What the segment's header stores: 0 raw, 1 msgpack, 2 v8, 3 json, 255 the caller's own. */
  readonly id: number;
  readonly name: string;
  /**
   * Encodes into `scratch` at `from`, and sets its `start`, `end` and `objects`. Only part of the message may be where it threw.
   * @throws SerializationError naming the part that cannot travel.
   */
  encode(value: T, scratch: Scratch): void;
  /**
   * Decodes `bytes.subarray(start, end)`. What it returns shares no memory with `bytes`.
   * @throws SerializationError for bytes that are no message of this codec.
   */
  decode(bytes: Buffer, start: number, end: number): T;
  /**
   * Encodes the first `count` values one behind the other, as `encode` would each, and writes how many bytes each took. All of them
   * are between `start` and `end` of `scratch`, and all their shared objects in `objects`. For codecs that can do so for less.
   */
  encodeMany?(values: readonly T[], count: number, scratch: Scratch, sizes: Uint32Array): void;
  /**
   * Decodes `count` messages that lie one behind the other from the beginning of `bytes`, into `values`, which is as long. Where one of
   * them throws, `values` is as long as there are messages before it.
   */
  decodeMany?(bytes: Buffer, sizes: Uint32Array, count: number, values: T[]): void;
}

/** How the codecs know shared objects; set once by the module that knows every class. */
export interface SharedHooks {
  isShared(value: object): boolean;
  toHandle(value: object): object;
  fromHandle(handle: object): object;
}

const noHooks: SharedHooks = {
  isShared: () => false,
  toHandle: (value) => value,
  fromHandle: () => {
    throw new SerializationError('A shared object arrived before shared objects were set up');
  },
};

let hooks: SharedHooks = noHooks;

/** Tells the codecs how shared objects are known. A setter, because the classes themselves need the codecs. */
export function setSharedHooks(next: SharedHooks): void {
  hooks = next;
}

export function sharedHooks(): SharedHooks {
  return hooks;
}

/**
 * Classes whose objects mean something in their own thread only, such as a connection over a socket, say their name by this. As
 * class instances they would travel, and arrive as plain objects of no use.
 */
export const staysHere = Symbol('interproc.staysHere');

export function isStaying(value: unknown): value is { readonly [staysHere]: string } {
  return typeof value === 'object' && value !== null && staysHere in value;
}

/** @throws Unencodable for an object that cannot leave its thread */
export function refuseStaying(value: object): void {
  if (isStaying(value)) throw new Unencodable(`An object of class ${value[staysHere]}`);
}

/** A scratch area of its own, not known to the native side. */
export function createScratch(size = 8192): Scratch {
  return { buffer: Buffer.allocUnsafeSlow(size), from: 0, start: 0, end: 0, objects: [] };
}
