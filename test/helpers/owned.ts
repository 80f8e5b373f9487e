import { afterEach } from 'vitest';

const owned: { close(): void }[] = [];

/** Has a shared object closed when the test that made it ends. */
export function own<T extends { close(): void }>(object: T): T {
  owned.push(object);
  return object;
}

/** The same for both ends of a pipe. */
export function ownBoth<A extends { close(): void }, B extends { close(): void }>(
  pair: readonly [A, B],
): readonly [A, B] {
  own(pair[0]);
  own(pair[1]);
  return pair;
}

afterEach(() => {
  for (const object of owned.splice(0)) object.close();
});
