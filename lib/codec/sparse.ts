/** For how many places of an array memory is set aside at most for each part that the message has of it. */
export const mostPlaces = 32;

/**
 * Has V8 keep an array's elements by index from here on. Else it sets memory aside for holes as well, and a few bytes that tell of
 * many would use up the heap, which ends the process.
 */
export function makeSparse(array: unknown[], next: number): void {
  const far = Math.min(next + 0x10000, 0xfffffffe);
  if (far < array.length) return;
  array[far] = undefined;
  array.length = far;
}
