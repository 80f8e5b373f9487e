import { types } from 'node:util';
import { entrySegment, indexSegment, pathOf, propertySegment } from './path.js';

/** Where a part of a value is. */
export interface Place {
  readonly outer: Place | undefined;
  readonly segment: string;
}

/** The first part, in no special order, for which `found` is true; looks into what a structured clone looks into. */
export function findPart(
  value: unknown,
  found: (part: unknown) => boolean,
): { readonly place: Place | undefined } | undefined {
  const seen = new Set<object>();
  const pending: { part: unknown; place: Place | undefined }[] = [
    { part: value, place: undefined },
  ];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { part, place } = next;
    if (found(part)) return { place };
    if (typeof part !== 'object' || part === null || seen.has(part)) continue;
    seen.add(part);
    for (const [segment, inner] of partsOf(part)) {
      if (isLeaf(inner) && !found(inner)) continue;
      pending.push({ part: inner, place: { outer: place, segment } });
    }
  }
  return undefined;
}

export function pathTo(place: Place | undefined): string {
  const trail: string[] = [];
  for (let at = place; at !== undefined; at = at.outer) trail.push(at.segment);
  return pathOf(trail);
}

function isLeaf(value: unknown): boolean {
  return typeof value !== 'object' || value === null;
}

function* partsOf(value: object): Generator<[string, unknown]> {
  if (ArrayBuffer.isView(value)) return;
  if (types.isMap(value)) {
    for (const [key, inner] of value) {
      yield ['.keys()', key];
      yield [entrySegment(key), inner];
    }
  } else if (types.isSet(value)) {
    for (const inner of value) yield ['.values()', inner];
  } else {
    if (value instanceof Error) yield ['.cause', value.cause];
    const isArray = Array.isArray(value);
    for (const key of Object.keys(value)) {
      const segment =
        isArray && /^\d+$/.test(key) ? indexSegment(Number(key)) : propertySegment(key);
      yield [segment, (value as Record<string, unknown>)[key]];
    }
  }
}
