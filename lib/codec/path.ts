/** Thrown where a part cannot travel, and made a `SerializationError` with its path where the message began. */
export class Unencodable extends Error {}

const shown = 24;

/** A path from its segments, innermost first. The middle of a long one is left out. */
export function pathOf(trail: readonly string[]): string {
  const segments = trail.filter((segment) => segment !== '').reverse();
  if (segments.length <= 2 * shown) return `$${segments.join('')}`;
  return `$${segments.slice(0, shown).join('')}…${segments.slice(-shown).join('')}`;
}

export function propertySegment(key: string): string {
  if (/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key)) return `.${key}`;
  return `[${JSON.stringify(key.length > 100 ? `${key.slice(0, 100)}…` : key)}]`;
}

export function indexSegment(index: number): string {
  return `[${index}]`;
}

/** The value of a Map's entry. */
export function entrySegment(key: unknown): string {
  if (typeof key === 'string') return `.get(${JSON.stringify(key)})`;
  return typeof key === 'object' || typeof key === 'function' || typeof key === 'symbol'
    ? `.get(${typeof key})`
    : `.get(${String(key)})`;
}
