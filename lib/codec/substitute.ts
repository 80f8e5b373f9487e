import { types } from 'node:util';

/** A copy of the containers in a value, of the same shape, in which `replace` took the place of some parts. */
export function substitute(value: unknown, replace: (part: object) => object | undefined): unknown {
  const copies = new Map<object, object>();

  function copyOf(part: unknown): unknown {
    if (typeof part !== 'object' || part === null) return part;
    const known = copies.get(part);
    if (known !== undefined) return known;
    const replaced = replace(part);
    if (replaced !== undefined) {
      copies.set(part, replaced);
      return replaced;
    }
    if (types.isMap(part)) {
      const map = remember(part, new Map<unknown, unknown>());
      for (const [key, inner] of part) map.set(copyOf(key), copyOf(inner));
      return map;
    }
    if (types.isSet(part)) {
      const set = remember(part, new Set());
      for (const inner of part) set.add(copyOf(inner));
      return set;
    }
    if (!Array.isArray(part) && Object.prototype.toString.call(part) !== '[object Object]')
      return part;
    const copy: object = remember(part, Array.isArray(part) ? new Array(part.length) : {});
    for (const key of Object.keys(part)) {
      Object.defineProperty(copy, key, {
        value: copyOf((part as Record<string, unknown>)[key]),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    }
    return copy;
  }

  function remember<T extends object>(part: object, copy: T): T {
    copies.set(part, copy);
    return copy;
  }

  return copyOf(value);
}
