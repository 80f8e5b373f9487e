import { inspect } from 'node:util';

const options = {
  maxArrayLength: 0,
  depth: 0,
  maxStringLength: 0,
  customInspect: false,
  breakLength: Infinity,
} as const;

/** Whether an array has enumerable properties beside its elements, such as `index` of a regular expression's match. */
export function hasOtherProperties(array: readonly unknown[]): boolean {
  if (array.length > 24) {
    // To list the keys would cost more than to encode the elements. This sees all but the elements, in constant time.
    return !inspect(array, options).endsWith(array.length === 1 ? 'more item ]' : 'more items ]');
  }
  const keys = Object.keys(array);
  const last = keys[keys.length - 1];
  return last !== undefined && !isIndex(last);
}

/** Whether a key is that of an array's element. */
export function isIndex(key: string): boolean {
  const number = Number(key);
  return number >= 0 && number < 0xffffffff && String(number >>> 0) === key;
}
