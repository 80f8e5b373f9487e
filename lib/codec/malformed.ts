/** Thrown for bytes that are no message, and made a `SerializationError` where the message began. */
export class Malformed extends Error {}

/** Carries what attaching to a shared object threw past the handling of malformed bytes. */
export class HookFailure extends Error {}

/** Sets an own property whatever its name; assignment would look for setters. */
export function defineProperty(
  object: object,
  key: string,
  value: unknown,
  enumerable: boolean,
): void {
  Object.defineProperty(object, key, { value, enumerable, configurable: true, writable: true });
}
