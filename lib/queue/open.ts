import {
  Attachment,
  type Check,
  type Described,
  Kind,
  Opened,
  openOrCreate,
} from '../attachment.js';
import { describeCodec, resolveCodec } from '../codec/resolve.js';
import { LayoutMismatchError } from '../errors.js';
import { binding } from '../native.js';
import { codecOf } from './codec-of.js';
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

/** The kinds of queue that share the native one: a joinable queue counts what was taken and not finished. */
export type QueueKind = 'queue' | 'joinable-queue' | 'simple-queue';

/** Creates the shared part of a queue. `argument` is what the constructor was given. */
export function createQueue(argument: unknown, kind: QueueKind): Opened {
  const options = readQueueArgument(argument, 'Queue');
  const { name, persist, mode } = readCreation(options);
  const { capacity, maxBytes } = readChannelLimits(options);
  const maxsize = readMaxsize(options['maxsize']);
  const codec = resolveCodec(options['codec']);
  const meta = JSON.stringify({ kind, ...describeCodec(codec) });
  const joinable = kind === 'joinable-queue';
  const attachment = Attachment.create(name, (chosen) =>
    binding.createQueue(
      chosen,
      mode,
      persist,
      codec.id,
      meta,
      capacity,
      maxsize,
      maxBytes,
      joinable,
    ),
  );
  return new Opened(attachment, options['codec']);
}

/** Attaches to a queue of that kind, where its codec and what else `check` asks for agree. */
export function openQueue(name: string, codec: unknown, kind: QueueKind, check?: Check): Opened {
  checkName(name);
  if (codec !== undefined) resolveCodec(codec);
  const attachment = Attachment.open(name, binding.openQueue, Kind.queue, (found) => {
    if (found.meta['kind'] !== kind)
      throw new LayoutMismatchError(`'${name}' is a ${String(found.meta['kind'])}; open it as one`);
    check?.(found);
    codecOf(found, codec);
  });
  return new Opened(attachment, codec);
}

/** Attaches or creates. @throws InterprocError `ERR_OPTIONS_MISMATCH` where what exists contradicts an option given */
export function openOrCreateQueue<T>(
  name: string,
  options: QueueOptions<T> | undefined,
  kind: QueueKind,
): Opened {
  checkName(name);
  const given = readQueueArgument(options, 'openOrCreate');
  readCreation(given);
  readChannelLimits(given);
  readMaxsize(given['maxsize']);
  return openOrCreate(
    () => openQueue(name, given['codec'], kind, (found) => refuseLimits(found, given)),
    () => createQueue({ ...given, name }, kind),
  );
}

/** Compares the options of a queue that exists with those given. @throws InterprocError `ERR_OPTIONS_MISMATCH` */
export function refuseLimits(found: Described, given: Readonly<Record<string, unknown>>): void {
  const { codec, capacity, maxsize, maxBytes, persist, mode } = given;
  refuseMismatch(
    found.name,
    {
      capacity: capacity === undefined ? undefined : ringBytes(capacity as number),
      codec: codec === undefined ? undefined : resolveCodec(codec).id,
      maxsize: maxsize === undefined ? undefined : readMaxsize(maxsize),
      maxBytes: maxBytes === Infinity ? undefined : maxBytes,
      persist,
      mode,
    },
    {
      capacity: found.capacity,
      codec: found.codec,
      maxsize: found.maxItems,
      maxBytes: found.maxBytes,
      persist: found.persist,
      mode: found.mode,
    },
  );
}
