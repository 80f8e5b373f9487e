import { Attachment, Kind, Opened, openOrCreate } from '../attachment.js';
import { describeCodec, resolveCodec } from '../codec/resolve.js';
import { binding } from '../native.js';
import { checkName } from '../options.js';
import {
  type QueueOptions,
  readChannelLimits,
  readCreation,
  readMaxsize,
  readQueueArgument,
  ringBytes,
} from './options.js';
import { refuseMismatch } from '../shared-object.js';

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

/** Attaches to a priority queue. */
export function openPriorityQueue(name: string, codec: unknown): Opened {
  checkName(name);
  if (codec !== undefined) resolveCodec(codec);
  const attachment = Attachment.open(name, binding.openPriorityQueue, Kind.priorityQueue);
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
    () => {
      const opened = openPriorityQueue(name, given['codec']);
      opened.attachment.prepare(() => refuse(opened.attachment, given));
      return opened;
    },
    () => createPriorityQueue({ ...given, name }),
  );
}

function refuse(attachment: Attachment, given: Readonly<Record<string, unknown>>): void {
  const { codec, capacity, maxsize, maxBytes, persist, mode } = given;
  const existing = binding.priorityLimits(attachment.id);
  refuseMismatch(
    attachment.name,
    {
      capacity: capacity === undefined ? undefined : ringBytes(capacity as number),
      codec: codec === undefined ? undefined : resolveCodec(codec).id,
      maxsize: maxsize === undefined ? undefined : readMaxsize(maxsize),
      maxBytes: maxBytes === Infinity ? undefined : maxBytes,
      persist,
      mode,
    },
    {
      capacity: existing.capacity,
      codec: attachment.codec,
      maxsize: existing.maxItems,
      maxBytes: existing.maxBytes,
      persist: attachment.persist,
      mode: attachment.mode,
    },
  );
}
