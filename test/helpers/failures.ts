import { expect } from 'vitest';

interface Coded extends Error {
  readonly code?: string;
}

type Class = abstract new (...args: never[]) => Error;

/** The error that a promise rejects with, which has to be of this class and code. */
export async function rejects(
  promise: Promise<unknown>,
  errorClass: Class,
  code: string,
): Promise<Coded> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return check(error, errorClass, code);
  }
  throw new Error(`expected ${code}, but the promise resolved to ${String(value)}`);
}

/** The error that a function throws, which has to be of this class and code. */
export function throws(act: () => unknown, errorClass: Class, code: string): Coded {
  let value: unknown;
  try {
    value = act();
  } catch (error) {
    return check(error, errorClass, code);
  }
  throw new Error(`expected ${code}, but the call returned ${String(value)}`);
}

function check(error: unknown, errorClass: Class, code: string): Coded {
  expect(error).toBeInstanceOf(errorClass);
  expect((error as Coded).code).toBe(code);
  return error as Coded;
}
