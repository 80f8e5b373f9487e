import { type CType, isStruct, structView } from '../ctypes/ctypes.js';
import { ClosedError, invalidArgType, outOfRange } from '../errors.js';

/**
 * One value in shared memory. Reading and writing never tear; the operations are atomic between all threads and processes, take no
 * lock, and give the value from before. A result that the type cannot hold is a RangeError, and nothing is changed.
 */
export interface Element<T> {
  get(): T;
  set(value: unknown): void;
  add(operand: unknown): T;
  sub(operand: unknown): T;
  and(operand: unknown): T;
  or(operand: unknown): T;
  xor(operand: unknown): T;
  exchange(value: unknown): T;
  compareExchange(expected: unknown, value: unknown): T;
}

/** The element that a C type makes of memory. */
export function elementOf(type: CType, buffer: ArrayBuffer): Element<unknown> {
  if (type.kind === 'int') return type.bigint ? bigElement(type, buffer) : intElement(type, buffer);
  if (type.kind === 'bool') return boolElement(type, buffer);
  if (type.kind === 'float') return floatElement(type, buffer);
  return plainElement(type, buffer);
}

type IntArray = Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array;
type BigArray = BigInt64Array | BigUint64Array;

function intElement(type: CType, buffer: ArrayBuffer): Element<number> {
  const view = new (type.typedArray as Int32ArrayConstructor)(buffer) as IntArray as Int32Array;
  const min = type.min as number;
  const max = type.max as number;
  const check = type.check as (value: unknown, where: string) => number;
  // Not Atomics.add: it would wrap, and others could see the wrapped value before it were taken back.
  const addTo = (delta: number): number => {
    for (;;) {
      const before = Atomics.load(view, 0);
      const after = before + delta;
      if (after < min || after > max) throw beyond(type, after);
      if (Atomics.compareExchange(view, 0, before, after) === before) return before;
    }
  };
  const readDelta = (operand: unknown): number => {
    if (typeof operand !== 'number') throw invalidArgType('The operand', 'a number', operand);
    if (!Number.isInteger(operand)) throw outOfRange('The operand', 'an integer', operand);
    return operand;
  };
  return {
    get: () => Atomics.load(view, 0),
    set: (value) => {
      Atomics.store(view, 0, check(value, 'value'));
    },
    add: (operand) => addTo(readDelta(operand)),
    sub: (operand) => addTo(-readDelta(operand)),
    and: (operand) => Atomics.and(view, 0, check(operand, 'The operand')),
    or: (operand) => Atomics.or(view, 0, check(operand, 'The operand')),
    xor: (operand) => Atomics.xor(view, 0, check(operand, 'The operand')),
    exchange: (value) => Atomics.exchange(view, 0, check(value, 'value')),
    compareExchange: (expected, value) =>
      Atomics.compareExchange(view, 0, check(expected, 'expected'), check(value, 'value')),
  };
}

function bigElement(type: CType, buffer: ArrayBuffer): Element<bigint> {
  const view = new (type.typedArray as BigInt64ArrayConstructor)(
    buffer,
  ) as BigArray as BigInt64Array;
  const min = type.min as bigint;
  const max = type.max as bigint;
  const check = type.check as (value: unknown, where: string) => bigint;
  const addTo = (delta: bigint): bigint => {
    for (;;) {
      const before = Atomics.load(view, 0);
      const after = before + delta;
      if (after < min || after > max) throw beyond(type, after);
      if (Atomics.compareExchange(view, 0, before, after) === before) return before;
    }
  };
  const readDelta = (operand: unknown): bigint => {
    if (typeof operand === 'bigint') return operand;
    if (typeof operand !== 'number') throw invalidArgType('The operand', 'a bigint', operand);
    if (!Number.isSafeInteger(operand)) throw outOfRange('The operand', 'an integer', operand);
    return BigInt(operand);
  };
  return {
    get: () => Atomics.load(view, 0),
    set: (value) => {
      Atomics.store(view, 0, check(value, 'value'));
    },
    add: (operand) => addTo(readDelta(operand)),
    sub: (operand) => addTo(-readDelta(operand)),
    and: (operand) => Atomics.and(view, 0, check(operand, 'The operand')),
    or: (operand) => Atomics.or(view, 0, check(operand, 'The operand')),
    xor: (operand) => Atomics.xor(view, 0, check(operand, 'The operand')),
    exchange: (value) => Atomics.exchange(view, 0, check(value, 'value')),
    compareExchange: (expected, value) =>
      Atomics.compareExchange(view, 0, check(expected, 'expected'), check(value, 'value')),
  };
}

function boolElement(type: CType, buffer: ArrayBuffer): Element<boolean> {
  const view = new Uint8Array(buffer);
  const check = (value: unknown, where: string) => (type.check(value, where) ? 1 : 0);
  return {
    get: () => Atomics.load(view, 0) !== 0,
    set: (value) => {
      Atomics.store(view, 0, check(value, 'value'));
    },
    add: () => refuse('add', type),
    sub: () => refuse('sub', type),
    and: (operand) => Atomics.and(view, 0, check(operand, 'The operand')) !== 0,
    or: (operand) => Atomics.or(view, 0, check(operand, 'The operand')) !== 0,
    xor: (operand) => Atomics.xor(view, 0, check(operand, 'The operand')) !== 0,
    exchange: (value) => Atomics.exchange(view, 0, check(value, 'value')) !== 0,
    compareExchange: (expected, value) =>
      Atomics.compareExchange(view, 0, check(expected, 'expected'), check(value, 'value')) !== 0,
  };
}

/** Floating point has no atomic instructions of its own: its bits are exchanged as an integer's. */
function floatElement(type: CType, buffer: ArrayBuffer): Element<number> {
  const wide = type.size === 8;
  const bits = (wide ? new BigUint64Array(buffer) : new Uint32Array(buffer)) as BigUint64Array;
  const float = wide ? new Float64Array(1) : new Float32Array(1);
  const floatBits = (
    wide ? new BigUint64Array(float.buffer) : new Uint32Array(float.buffer)
  ) as BigUint64Array;
  const check = type.check as (value: unknown, where: string) => number;
  const toBits = (value: number): bigint => {
    float[0] = value;
    return floatBits[0] as bigint;
  };
  const fromBits = (value: bigint): number => {
    floatBits[0] = value;
    return float[0] as number;
  };
  const addTo = (delta: number): number => {
    for (;;) {
      const before = Atomics.load(bits, 0);
      const sum = check(fromBits(before) + delta, 'The sum');
      if (Atomics.compareExchange(bits, 0, before, toBits(sum)) === before) return fromBits(before);
    }
  };
  return {
    get: () => fromBits(Atomics.load(bits, 0)),
    set: (value) => {
      Atomics.store(bits, 0, toBits(check(value, 'value')));
    },
    add: (operand) => addTo(check(operand, 'The operand')),
    sub: (operand) => addTo(-check(operand, 'The operand')),
    and: () => refuse('and', type),
    or: () => refuse('or', type),
    xor: () => refuse('xor', type),
    exchange: (value) => fromBits(Atomics.exchange(bits, 0, toBits(check(value, 'value')))),
    compareExchange: (expected, value) => {
      const wanted = toBits(check(expected, 'expected'));
      return fromBits(Atomics.compareExchange(bits, 0, wanted, toBits(check(value, 'value'))));
    },
  };
}

/** Characters and structs: no atomic operations. A struct is a live view of the memory. */
function plainElement(type: CType, buffer: ArrayBuffer): Element<unknown> {
  const memory = new DataView(buffer);
  // A view may be kept for longer than its value is open.
  const open = () => {
    if (buffer.byteLength === 0) throw new ClosedError();
    return memory;
  };
  const live = isStruct(type) ? structView(type, open) : undefined;
  return {
    get: () => live ?? type.read(memory, 0),
    set: (value) => type.write(memory, 0, type.check(value, 'value')),
    add: () => refuse('add', type),
    sub: () => refuse('sub', type),
    and: () => refuse('and', type),
    or: () => refuse('or', type),
    xor: () => refuse('xor', type),
    exchange: () => refuse('exchange', type),
    compareExchange: () => refuse('compareExchange', type),
  };
}

function beyond(type: CType, result: number | bigint): RangeError {
  return outOfRange('The result', `from ${type.min} to ${type.max} (${type.name})`, result);
}

function refuse(operation: string, type: CType): never {
  throw invalidArgType(`The type of ${operation}`, 'one with that atomic operation', type.name);
}
