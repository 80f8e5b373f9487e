import * as errors from './errors.js';
import { RemoteError, SerializationError } from './errors.js';

/** An error in place of one that cannot travel: what can be said of it. */
export function describeThrown(thrown: unknown): Error {
  const text = (read: () => unknown, fallback: string): string => {
    try {
      return String(read());
    } catch {
      return fallback;
    }
  };
  const { name, message, stack, code } = (thrown ?? {}) as Record<string, unknown>;
  const isError = thrown instanceof Error;
  const error = new Error(text(() => (isError ? message : thrown), 'an error without a text'));
  const own = (key: string, value: string) =>
    Object.defineProperty(error, key, { value, configurable: true, writable: true });
  if (isError)
    own(
      'name',
      text(() => name, 'Error'),
    );
  if (isError)
    own(
      'stack',
      text(() => stack, ''),
    );
  return typeof code === 'string' ? Object.assign(error, { code }) : error;
}

/** The error of a value that cannot travel, with its path from that value on and not from the message around it. */
export function fromValue(error: unknown, position: number): unknown {
  return fromPart(error, `$[${position}]`);
}

/** The same where the value lies deeper: `around` is its own path. */
export function fromPart(error: unknown, around: string): unknown {
  if (!(error instanceof SerializationError) || !error.path.startsWith(around)) return error;
  const path = `$${error.path.slice(around.length)}`;
  const message = error.message.replaceAll(error.path, path);
  const { cause } = error;
  return new SerializationError(message, cause === undefined ? { path } : { path, cause });
}

/** The error of a task as its caller gets it: itself, with the stack in the worker as its cause. What is no error stays what it is. */
export function revive(thrown: unknown, where: string): unknown {
  if (!(thrown instanceof Error)) return thrown;
  const { name, stack, cause } = thrown;
  const Class: unknown = (errors as Readonly<Record<string, unknown>>)[name];
  if (isClassOfOurs(Class)) {
    Reflect.deleteProperty(thrown, 'name');
    Object.setPrototypeOf(thrown, Class.prototype as object);
  }
  const remote = new RemoteError(`Thrown in ${where}`, cause === undefined ? {} : { cause });
  hide(remote, 'stack', `RemoteError: ${remote.message}\n${stack ?? ''}`);
  hide(thrown, 'cause', remote);
  return thrown;
}

function isClassOfOurs(value: unknown): value is typeof errors.InterprocError {
  const { InterprocError } = errors;
  return (
    value === InterprocError ||
    (typeof value === 'function' && value.prototype instanceof InterprocError)
  );
}

function hide(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, {
    value,
    configurable: true,
    writable: true,
    enumerable: false,
  });
}
