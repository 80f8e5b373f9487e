import type { CreateOptions } from '../attachment.js';
import type { CodecOption } from '../codec/resolve.js';
import { invalidArgType } from '../errors.js';
import { checkName, checkOptions, readBoolean, readInteger, readMode } from '../options.js';

export interface QueueOptions<T> extends CreateOptions {
  /** The most items at a time; 0 or less: bounded by bytes only. Default 0. */
  readonly maxsize?: number | undefined;
  /** Bytes of shared memory for items, rounded up to a power of two (4 KiB to 1 GiB). Default 1 MiB. */
  readonly capacity?: number | undefined;
  /** The largest encoded item. Default: what memory allows, 4 GiB at the most. */
  readonly maxBytes?: number | undefined;
  /** How items become bytes. Default `'msgpack'`. */
  readonly codec?: CodecOption<T> | undefined;
}

export const queueOptionNames = [
  'name',
  'persist',
  'mode',
  'maxsize',
  'capacity',
  'maxBytes',
  'codec',
] as const;

export const defaultCapacity = 1024 * 1024;
const largestCapacity = 1024 * 1024 * 1024;
const largestMessage = 2 ** 32 - 1;

export interface Creation {
  readonly name: string | undefined;
  readonly persist: boolean;
  readonly mode: number;
}

/** The options that every kind of object shares. */
export function readCreation(options: Readonly<Record<string, unknown>>): Creation {
  return {
    name: options['name'] === undefined ? undefined : checkName(options['name']),
    persist: readBoolean(options['persist'], 'persist', false),
    mode: readMode(options['mode']),
  };
}

export interface ChannelLimits {
  readonly capacity: number;
  readonly maxBytes: number;
}

/** `capacity` and `maxBytes`, which queues and pipes have in common. 0 for `maxBytes` is no bound of its own. */
export function readChannelLimits(
  options: Readonly<Record<string, unknown>>,
  capacityDefault = defaultCapacity,
): ChannelLimits {
  const { capacity, maxBytes } = options;
  return {
    capacity:
      capacity === undefined
        ? capacityDefault
        : readInteger(capacity, 'capacity', 1, largestCapacity),
    maxBytes:
      maxBytes === undefined || maxBytes === Infinity
        ? 0
        : readInteger(maxBytes, 'maxBytes', 1, largestMessage),
  };
}

/** `maxsize` as the layout keeps it: 0 for none. */
export function readMaxsize(maxsize: unknown): number {
  if (maxsize === undefined || maxsize === Infinity) return 0;
  if (typeof maxsize !== 'number') throw invalidArgType('maxsize', 'an integer', maxsize);
  return Math.max(0, readInteger(maxsize, 'maxsize'));
}

/** The constructor's argument: options, or Python's single number. */
export function readQueueArgument(argument: unknown, where: string): Record<string, unknown> {
  if (typeof argument === 'number') return { maxsize: argument };
  return checkOptions(argument, queueOptionNames, where);
}

/** The power of two that a capacity becomes. */
export function ringBytes(capacity: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(capacity, 4096)));
}
