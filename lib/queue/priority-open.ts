import { Attachment, type Check, Kind, Opened, openOrCreate } from '../attachment.js';
import { describeCodec, resolveCodec } from '../codec/resolve.js';
import { binding } from '../native.js';
import { codecOf } from './codec-of.js';
import { checkName } from '../options.js';
import {
  type QueueOptions,
  readChannelLimits,
  readCreation,
  readMaxsize,
  readQueueArgument,
} from './options.js';
import { refuseLimits } from './open.js';

/** Creates the shared part of a priority queue. `argument` is what the constructor was given. */
export function createPriorityQueue(argument: unknown): Opened {
  const options = readQueueArgument(argument, 'PriorityQueue');
  const { name, persist, mode } = readCreation(options);
  const { capacity, maxBytes } = readChannelLimits(options);
  const maxsize = readMaxsize(options['maxsize']);
  const codec = resolveCodec(options['codec']);
  const meta = JSON.stringify({ kind: 'priority-queue', ...describeCodec(codec) });
  const attachment = Attachment.create(name, (chosen) =>
    binding.createPriorityQueue(chosen, mode, persist, codec.id, meta, capacity, maxsize, maxBytes),
  );
  return new Opened(attachment, options['codec']);
}

/** Attaches to a priority queue, where its codec and what else `check` asks for agree. */
export function openPriorityQueue(name: string, codec: unknown, check?: Check): Opened {
  checkName(name);
  if (codec !== undefined) resolveCodec(codec);
  const attachment = Attachment.open(
    name,
    binding.openPriorityQueue,
    Kind.priorityQueue,
    (found) => {
      check?.(found);
      codecOf(found, codec);
    },
  );
  return new Opened(attachment, codec);
}

/** Attaches or creates. @throws InterprocError `ERR_OPTIONS_MISMATCH` where what exists contradicts an option given */
export function openOrCreatePriorityQueue<T>(
  name: string,
  options: QueueOptions<T> | undefined,
): Opened {
  checkName(name);
  const given = readQueueArgument(options, 'PriorityQueue.openOrCreate');
  readCreation(given);
  readChannelLimits(given);
  readMaxsize(given['maxsize']);
  return openOrCreate(
    () => openPriorityQueue(name, given['codec'], (found) => refuseLimits(found, given)),
    () => createPriorityQueue({ ...given, name }),
  );
}
