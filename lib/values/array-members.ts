import { readBytes } from '../bytes.js';
import { type Cell, viewOf } from './cell.js';
import type { CType } from '../ctypes/ctypes.js';
import { ClosedError, invalidArgType, outOfRange } from '../errors.js';
import type { Guard } from '../sync/guard.js';
import type { Lock } from '../sync/lock.js';
import type { RLock } from '../sync/rlock.js';
import { binding } from '../native.js';
import { readInteger, type SyncWaitOptions, type WaitOptions } from '../options.js';
import { type Handle, SharedObject } from '../shared-object.js';
import { noLock } from './value.js';

/** The shared object behind an array: a typed array cannot be one itself. */
export class ArrayHandle extends SharedObject {
  readonly type: CType;
  readonly lock: Lock | RLock | undefined;
  /** The memory, for this handle alone. */
  readonly buffer: ArrayBuffer;

  constructor({ attachment, type, lock }: Cell) {
    super(attachment, 'array');
    this.type = type;
    this.lock = lock;
    try {
      this.buffer = viewOf(attachment, this);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  override close(): void {
    if (this.closed) return;
    this.lock?.close();
    binding.closeView(this.id, this.buffer);
    super.close();
  }
}

/** What a `SharedArray` has besides what every typed array has. */
export interface SharedArrayMembers {
  readonly name: string;
  readonly closed: boolean;
  readonly handle: Handle;
  toJSON(): Handle;
  close(): void;
  unlink(): void;
  getLock(): Lock | RLock;
  getObj(): this;
  acquire(options?: WaitOptions): Promise<Guard | null>;
  acquireSync(options?: SyncWaitOptions): Guard | null;
  release(): void;
  /** Of `'c'` arrays: the bytes up to the first NUL. Of `'u'` arrays: the text up to the first NUL. */
  value: Buffer | string | undefined;
  /** Of `'c'` arrays: all bytes, as a copy. */
  raw: Buffer | undefined;
  [Symbol.dispose](): void;
  [Symbol.asyncDispose](): Promise<void>;
}

type TypedArray = Uint8Array | Uint32Array;

const handles = new WeakMap<object, ArrayHandle>();

/** Makes a typed array known as a shared one. */
export function adopt(array: object, handle: ArrayHandle): void {
  handles.set(array, handle);
}

export function handleOf(value: object): ArrayHandle | undefined {
  return handles.get(value);
}

function the(array: object): ArrayHandle {
  const handle = handles.get(array);
  if (handle === undefined) throw invalidArgType('this', 'a SharedArray', array);
  return handle;
}

function lockOfArray(array: object): Lock | RLock {
  const { closed, lock } = the(array);
  if (closed) throw new ClosedError();
  return lock ?? noLock();
}

/** Installed on the prototype of every class of shared arrays; `this` is the typed array. */
export const members = {
  get name(): string {
    return the(this).name;
  },
  get closed(): boolean {
    return the(this).closed;
  },
  get handle(): Handle {
    return the(this).handle;
  },
  toJSON(): Handle {
    return the(this).handle;
  },
  close(): void {
    the(this).close();
  },
  unlink(): void {
    the(this).unlink();
  },
  getLock(): Lock | RLock {
    return lockOfArray(this);
  },
  getObj(): object {
    openType(this);
    return this;
  },
  acquire(options?: WaitOptions): Promise<Guard | null> {
    try {
      return lockOfArray(this).acquire(options);
    } catch (error) {
      return Promise.reject(error);
    }
  },
  acquireSync(options?: SyncWaitOptions): Guard | null {
    return lockOfArray(this).acquireSync(options);
  },
  release(): void {
    lockOfArray(this).release();
  },
  get value(): Buffer | string | undefined {
    const kind = openType(this);
    const all = this as unknown as TypedArray;
    const end = all.indexOf(0);
    const used = all.subarray(0, end < 0 ? all.length : end);
    if (kind === 'char') return Buffer.from(used as Uint8Array);
    if (kind === 'wchar') return decodePoints(used as Uint32Array);
    return undefined;
  },
  set value(value: unknown) {
    const kind = openType(this);
    if (kind === 'char') assignBytes(this as unknown as Uint8Array, value, { end: true });
    else if (kind === 'wchar') assignText(this as unknown as Uint32Array, value);
    else throw invalidArgType('value', "left alone: only 'c' and 'u' arrays have it", value);
  },
  get raw(): Buffer | undefined {
    if (openType(this) !== 'char') return undefined;
    return Buffer.from(this as unknown as Uint8Array);
  },
  set raw(value: unknown) {
    if (openType(this) !== 'char')
      throw invalidArgType('raw', "left alone: only 'c' arrays have it", value);
    assignBytes(this as unknown as Uint8Array, value, { end: false });
  },
  [Symbol.dispose](): void {
    the(this).close();
  },
  [Symbol.asyncDispose](): Promise<void> {
    the(this).close();
    return Promise.resolve();
  },
};

function openType(array: object): string {
  const handle = the(array);
  if (handle.closed) throw new ClosedError();
  return handle.type.kind;
}

/** As in Python: a shorter text ends with a NUL, and what lies behind it stays; `raw` leaves everything behind it alone. */
function assignBytes(target: Uint8Array, value: unknown, { end }: { end: boolean }): void {
  const bytes = readBytes(value, 'value');
  if (bytes.length > target.length)
    throw outOfRange('value', `at most ${target.length} bytes`, value);
  target.set(bytes);
  if (end && bytes.length < target.length) target[bytes.length] = 0;
}

function assignText(target: Uint32Array, value: unknown): void {
  if (typeof value !== 'string') throw invalidArgType('value', 'a string', value);
  const points = Array.from(value, (character) => character.codePointAt(0) ?? 0);
  if (points.length > target.length)
    throw outOfRange('value', `at most ${target.length} characters`, value);
  target.set(points);
  if (points.length < target.length) target[points.length] = 0;
}

function decodePoints(points: Uint32Array): string {
  let text = '';
  for (const point of points) text += point > 0x10ffff ? '\ufffd' : String.fromCodePoint(point);
  return text;
}

/** The length that a number asks for. */
export function readLength(value: unknown): number {
  return readInteger(value, 'length', 0, 2 ** 32 - 1);
}
