import type { Encoder } from './encoder.js';
import { propertySegment } from './path.js';
import { isPlainKey } from './plain-key.js';

// The other half of shapes.ts: objects whose keys came often, in the same order, are written by code made for these keys. It reads
// each property under a name that the engine knows, and writes the bytes of the names as whole words.

/**
 * Writes a plain object that has these keys and no others. `false`, with nothing written, where it is another one. The object has
 * been numbered, if it is not the outermost one.
 */
type WriteShape = (encoder: Encoder, object: object) => boolean;

export interface WrittenShape {
  readonly keys: readonly string[];
  readonly write: WriteShape;
  /** The shape that came after it last time. */
  next: WrittenShape;
}

/** Where shapes whose keys have the same hash are learnt. */
interface Place {
  shape: WrittenShape | undefined;
  candidate: readonly string[] | undefined;
  agreed: number;
  learnt: number;
}

const places = 256;
const longestKnown = 15;
/** So many of the objects looked at one after the other for a place have the same keys before code is made for them. */
const alike = 3;
/** How often a place learns, since what a program sends may be what others sent to it. */
const mostLearnt = 3;

const table: Place[] = Array.from({ length: places }, () => ({
  shape: undefined,
  candidate: undefined,
  agreed: 0,
  learnt: 0,
}));
let codeAllowed = true;

export const noShape = createShape([], () => false);

function createShape(keys: readonly string[], write: WriteShape): WrittenShape {
  const shape = { keys, write } as WrittenShape;
  shape.next = shape;
  return shape;
}

/** The shape that has the same keys as the object, or another one. */
export function shapeLike(object: object): WrittenShape | undefined {
  const keys = Object.keys(object);
  return keys.length === 0 || keys.length > longestKnown ? undefined : placeOf(keys).shape;
}

function placeOf(keys: readonly string[]): Place {
  const { length } = keys;
  const middle = keys[length >> 1] as string;
  let hash = length + 3 * hashOf(keys[0] as string) + 5 * hashOf(middle);
  hash += 11 * hashOf(keys[length - 1] as string);
  return table[(hash ^ (hash >>> 8)) & (places - 1)] as Place;
}

function hashOf(key: string): number {
  const { length } = key;
  return length === 0 ? 0 : length + 7 * key.charCodeAt(0) + 31 * key.charCodeAt(length - 1);
}

/** Looks at a plain object that no shape fitted. The shape that it has, where that is known or was just learnt. */
export function learnWritten(object: object): WrittenShape | undefined {
  const keys = Object.keys(object);
  if (!codeAllowed || keys.length === 0 || keys.length > longestKnown) return undefined;
  const place = placeOf(keys);
  if (place.shape !== undefined && sameKeys(place.shape.keys, keys)) return place.shape;
  if (place.learnt === mostLearnt) return undefined;
  if (place.candidate === undefined || !sameKeys(place.candidate, keys)) {
    place.candidate = keys;
    place.agreed = 0;
    return undefined;
  }
  place.agreed++;
  if (place.agreed < alike || !keys.every(isPlainKey)) return undefined;
  place.learnt++;
  place.candidate = undefined;
  const write = compile(keys);
  if (write === undefined) codeAllowed = false;
  else place.shape = createShape(keys, write);
  return place.shape;
}

function sameKeys(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((key, i) => key === other[i]);
}

/**
 * The keys are compared first: until then nothing of the object was read. Then all of its values are, so that a getter cannot change what
 * is being written. What a getter has taken away meanwhile is no property of it any more.
 */
function writerCode(keys: readonly string[]): string {
  const values = keys.map((_, i) => `v${i}`);
  const checks = keys.map((key, i) => `case ${i}: if (key !== '${key}') return false; break;`);
  const reads = keys.map((key, i) => `part = ${i};\n    const v${i} = object.${key};`);
  const writes = keys.map((key, i) => {
    const header = i === 0 ? [0x80 | keys.length] : [];
    const bytes = Buffer.from([...header, 0xa0 | key.length, ...Buffer.from(key, 'latin1')]);
    return `part = ${i};
    encoder.ensure(${bytes.length});
    position = encoder.position;
    view = encoder.view;
    ${wordsOf(bytes)}
    encoder.position = position + ${bytes.length};
    if (typeof v${i} === 'number') encoder.writeNumber(v${i});
    else if (typeof v${i} === 'string') encoder.writeString(v${i});
    else encoder.writePart(v${i}, object);`;
  });
  return `'use strict';
return (encoder, object) => {
  let count = 0;
  for (const key in object) {
    switch (count++) {
      ${checks.join('\n      ')}
      default: return false;
    }
    if (!hasOwn.call(object, key)) return false;
  }
  if (count !== ${keys.length}) return false;
  let part = 0;
  try {
    ${reads.join('\n    ')}
    const prototype = getPrototypeOf(object);
    if (prototype !== objectPrototype && prototype !== null) return false;
    if ((${values.map((value) => `${value} === undefined`).join(' || ')}) && lacksOne(object, keys)) return false;
    let position;
    let view;
    ${writes.join('\n    ')}
  } catch (error) {
    throw encoder.at(error, propertySegment(keys[part]));
  }
  return true;
};`;
}

/** Whole words: what they write behind the bytes is written over, or lies behind the end. */
function wordsOf(bytes: Buffer): string {
  const padded = Buffer.concat([bytes, Buffer.alloc(3)]);
  const lines: string[] = [];
  for (let i = 0; i < bytes.length; i += 4) {
    lines.push(`view.setInt32(position + ${i}, ${padded.readInt32LE(i)}, true);`);
  }
  return lines.join('\n    ');
}

const hasOwn = Object.prototype.hasOwnProperty;

function lacksOne(object: object, keys: readonly string[]): boolean {
  return !keys.every((key) => hasOwn.call(object, key));
}

/** `undefined` where the program forbids making code (`--disallow-code-generation-from-strings`). */
function compile(keys: readonly string[]): WriteShape | undefined {
  const needs = {
    keys,
    hasOwn,
    lacksOne,
    propertySegment,
    getPrototypeOf: Object.getPrototypeOf,
    objectPrototype: Object.prototype,
  };
  try {
    const make = new Function(...Object.keys(needs), writerCode(keys));
    return make(...Object.values(needs)) as WriteShape;
  } catch (error) {
    if (error instanceof EvalError) return undefined;
    throw error;
  }
}
