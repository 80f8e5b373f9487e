import { invalidArgType } from './argument-errors.js';

/** Whether `for (const item of value)` works; a string is one too. */
export function isIterable(value: unknown): value is Iterable<unknown> {
  return value !== null && value !== undefined && Symbol.iterator in Object(value);
}

/** The items of an iterable, in an array of their own: an iterator cannot travel. @throws TypeError for what is none, by its `name` */
export function readItems(iterable: unknown, name: string): unknown[] {
  if (isIterable(iterable)) return Array.from(iterable);
  throw invalidArgType(name, 'an iterable', iterable);
}
