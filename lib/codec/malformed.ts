import { SerializationError } from '../errors.js';

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

/** What to throw for what the decoding of a message threw. */
export function decodingError(error: unknown): unknown {
  if (error instanceof HookFailure) return error.cause;
  const malformed = error instanceof Malformed;
  if (!malformed && !(error instanceof RangeError || error instanceof SyntaxError)) return error;
  const reason = malformed ? error.message : 'a value in it is out of range';
  return new SerializationError(`The bytes are no MessagePack message: ${reason}`, {
    cause: error,
  });
}
