import type { Decoder } from './decoder.js';
import { isPlainKey } from './plain-key.js';

// Most programs send objects of a few shapes again and again. An object that is made by a literal costs a fifth of one whose
// properties are stored one after the other under names that the engine cannot foresee. So the keys of a map are learnt, and
// code is made for them which compares the bytes of each key with those that it expects, reads its value, and has the literal at
// its end. A map that turns out to be another one goes on as any map does, with the values that were read already.

/** Reads a map whose header was read. */
type ReadShape = (reader: Decoder) => unknown;

const longestKnown = 15;
/** For each number of keys. */
const places = 32;
const slots = (longestKnown + 1) * places;
/** One in so many maps of a place that are not known there is looked at; so many in a row with the same keys are learnt. */
const looked = 64;
const alike = 3;
/** A shape is forgotten when so many maps turned out to be others. */
const misleading = 256;
/** How often a place learns: no sequence of messages, whoever sends it, makes code without end. */
const mostLearnt = 3;

const known: (ReadShape | undefined)[] = new Array(slots).fill(undefined);
const candidates: (readonly string[] | undefined)[] = new Array(slots).fill(undefined);
const unknown = new Uint8Array(slots);
const agreed = new Uint8Array(slots);
const misled = new Uint16Array(slots);
const learnt = new Uint8Array(slots);

/** The place of a map by its length and its first key, `-1` where that is no short string. Two bytes at least are there. */
export function slotOf(length: number, bytes: Uint8Array, at: number): number {
  const header = bytes[at] as number;
  if (header < 0xa1 || header > 0xbf || length > longestKnown) return -1;
  const last = bytes[at + header - 0xa0] as number;
  const hash = header * 13 + (bytes[at + 1] as number) * 5 + last;
  return length * places + (hash & (places - 1));
}

export function shapeAt(slot: number): ReadShape | undefined {
  return known[slot];
}

/** An object was read property by property. */
export function learn(slot: number, object: object, length: number): void {
  const times = (unknown[slot] as number) + 1;
  unknown[slot] = times;
  if (times % looked === 0 && learnt[slot] !== mostLearnt) consider(slot, object, length);
}

function consider(slot: number, object: object, length: number): void {
  const keys = Object.keys(object);
  const before = candidates[slot];
  if (before?.length !== keys.length || !keys.every((key, i) => key === before[i])) {
    // Fewer, where a key came twice. Other names are rare, and would need more care in code.
    candidates[slot] = keys.length === length && keys.every(isPlainKey) ? keys : undefined;
    agreed[slot] = 0;
    return;
  }
  agreed[slot] = (agreed[slot] as number) + 1;
  if (agreed[slot] !== alike) return;
  learnt[slot] = (learnt[slot] as number) + 1;
  known[slot] = compile(keys, slot);
}

/** The map at a place was another one than what is known there. */
export function mistaken(slot: number): void {
  const times = (misled[slot] as number) + 1;
  misled[slot] = times;
  if (times !== misleading || learnt[slot] === mostLearnt) return;
  known[slot] = undefined;
  misled[slot] = agreed[slot] = 0;
}

/** `undefined` where the program forbids making code (`--disallow-code-generation-from-strings`). */
function compile(keys: readonly string[], slot: number): ReadShape | undefined {
  const steps = keys.map((key, i) => {
    const before = keys.slice(0, i).map((_, n) => `v${n}`);
    // A value takes a byte at least. The commonest are read here, the others by a call. One that goes on behind the end is refused as
    // read() does it: nothing can follow it.
    return `
  if (end - at < ${key.length + 2} || ${differs(key)}) {
    reader.position = at;
    return reader.readOther(slot, ${keys.length}, keys, [${before.join(', ')}]);
  }
  at += ${key.length + 1};
  let v${i} = view.getUint8(at);
  if (v${i} < 0x80) at++;
  else if (v${i} === 0xcb) {
    v${i} = view.getFloat64(at + 1);
    at += 9;
  } else if (v${i} === 0xcd) {
    v${i} = view.getUint16(at + 1);
    at += 3;
  } else {
    reader.position = at;
    v${i} = reader.read();
    at = reader.position;
  }`;
  });
  const properties = keys.map((key, i) => `${JSON.stringify(key)}: v${i}`);
  const code = `'use strict';
return (reader) => {
  const { view, end } = reader;
  let at = reader.position;${steps.join('')}
  reader.position = at;
  return { ${properties.join(', ')} };
};`;
  try {
    return new Function('keys', 'slot', code)(keys, slot) as ReadShape;
  } catch (error) {
    if (error instanceof EvalError) return undefined;
    throw error;
  }
}

/** A condition that holds where the bytes at `at` are not those of a key with its header: four at a time. */
function differs(key: string): string {
  const bytes = Buffer.from(`\0${key}`, 'latin1');
  bytes[0] = 0xa0 | key.length;
  const parts: string[] = [];
  let i = 0;
  for (; i + 4 <= bytes.length; i += 4)
    parts.push(`view.getUint32(at + ${i}) !== ${bytes.readUInt32BE(i)}`);
  if (i + 2 <= bytes.length) {
    parts.push(`view.getUint16(at + ${i}) !== ${bytes.readUInt16BE(i)}`);
    i += 2;
  }
  if (i < bytes.length) parts.push(`view.getUint8(at + ${i}) !== ${bytes[i]}`);
  return parts.join(' || ');
}
