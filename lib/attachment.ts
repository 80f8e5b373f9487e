import type { Description } from '../binding.js';
import { CorruptSegmentError } from './errors.js';
import { binding } from './native.js';
import { uniqueName } from './options.js';
import { Lane, type LaneOptions } from './waiting/lane.js';

/** The kinds of segments, numbered as in native/include/layout.h. */
export const Kind = {
  queue: 1,
  pipe: 2,
  cell: 3,
  lock: 4,
  priorityQueue: 5,
  semaphore: 6,
  event: 7,
  condition: 8,
  barrier: 9,
} as const;

/** What the creator of a segment chose, besides what the native layout keeps. */
export type Meta = Readonly<Record<string, unknown>>;

/** What the creator of an object chose, of an object that one is attached to or that one looks at first. */
export interface Described extends Omit<Description, 'meta'> {
  readonly name: string;
  readonly meta: Meta;
}

/** Throws where an object is not the one that is wanted. Only looks. */
export type Check = (found: Described) => void;

/** What is told when a handle is closed: whoever looks at that one finds it closed. */
export interface Watcher {
  look(): void;
}

/** What every kind of object can be created with. */
export interface CreateOptions {
  /** 1 to 200 characters of `A-Z a-z 0-9 . _ -`, not `.` or `..`. A short unique one is made where it is left out. */
  readonly name?: string | undefined;
  /** Keep the memory until `unlink()`, even when nobody is attached. Default `false`. */
  readonly persist?: boolean | undefined;
  /** Permissions of the shared memory. Default `0o600`. */
  readonly mode?: number | undefined;
}

/** What was lent to a handle and goes with it (lib/loans). */
export interface Lent {
  readonly owner: object;
  end(): void;
}

/**
 * This thread's attachment to one shared object: one participant, however many handles there are on it. The object's owner is
 * thus the thread, whichever handle it uses.
 */
export class Attachment implements Described {
  readonly id: number;
  readonly name: string;
  readonly kind: number;
  readonly codec: number;
  readonly persist: boolean;
  readonly mode: number;
  readonly meta: Meta;
  readonly capacity: number;
  readonly maxItems: number;
  readonly maxBytes: number;
  readonly parties: number;
  readonly initial: number;
  /** Outstanding loans of all handles. */
  readonly leases = new Set<Lent>();
  readonly #lanes = new Map<string, Lane>();
  readonly #watchers = new Map<number, Watcher>();
  #handles = 0;

  private constructor(id: number, name: string) {
    const { kind, codec, meta, persist, mode, ...limits } = binding.describe(id);
    this.id = id;
    this.name = name;
    this.kind = kind;
    this.codec = codec;
    this.persist = persist;
    this.mode = mode;
    this.meta = parseMeta(meta, name);
    this.capacity = limits.capacity;
    this.maxItems = limits.maxItems;
    this.maxBytes = limits.maxBytes;
    this.parties = limits.parties;
    this.initial = limits.initial;
  }

  /** Creates an object. `EEXIST` where the name is taken; a made-up name is made up again. */
  static create(name: string | undefined, make: (name: string) => number): Attachment {
    for (;;) {
      const chosen = name ?? uniqueName();
      let id: number;
      try {
        id = make(chosen);
      } catch (error) {
        if (name === undefined && isSystemError(error, 'EEXIST')) continue;
        throw error;
      }
      return Attachment.#adopt(id, chosen);
    }
  }

  /**
   * Attaches to an object, or shares this thread's attachment to it. `kind` is the one that `attach` insists on. What `check` refuses
   * is left as it was: no slot of it is taken, not even for a moment.
   */
  static open(
    name: string,
    attach: (name: string) => number,
    kind?: number,
    check?: Check,
  ): Attachment {
    const known = attachments.get(name);
    const fits = known !== undefined && (kind === undefined || kind === known.kind);
    // The name may lead to another object by now. One of another kind is left to `attach`, which refuses it.
    if (fits && binding.isCurrent(known.id)) {
      check?.(known);
      return known;
    }
    if (check === undefined) return Attachment.#adopt(attach(name), name);
    const found = binding.describeNamed(name);
    if (found !== undefined && found.kind === kind)
      check({ ...found, name, meta: parseMeta(found.meta, name) });
    const attachment = Attachment.#adopt(attach(name), name);
    // Between looking and attaching, the name may have been given to another object.
    attachment.prepare(() => check(attachment));
    return attachment;
  }

  /** Runs what the first handle needs; where that fails, nothing stays attached for a handle that never came to be. */
  prepare<T>(body: () => T): T {
    try {
      return body();
    } catch (error) {
      this.retain().release();
      throw error;
    }
  }

  static #adopt(id: number, name: string): Attachment {
    try {
      const attachment = new Attachment(id, name);
      attachments.set(name, attachment);
      return attachment;
    } catch (error) {
      binding.close(id);
      throw error;
    }
  }

  /** The waits for one side of the object; the first to ask says of what sort they are. */
  lane(side: string, options?: LaneOptions): Lane {
    let lane = this.#lanes.get(side);
    if (lane === undefined) {
      lane = new Lane(this.id, options);
      this.#lanes.set(side, lane);
    }
    return lane;
  }

  /** What looks at one condition of the object and takes nothing: one for all who do (lib/select). */
  watcher<W extends Watcher>(condition: number, make: (id: number) => W): W {
    let watcher = this.#watchers.get(condition) as W | undefined;
    if (watcher === undefined) {
      watcher = make(this.id);
      this.#watchers.set(condition, watcher);
    }
    return watcher;
  }

  /** One more handle. */
  retain(): this {
    this.#handles++;
    return this;
  }

  /** One handle less; with the last one this thread detaches. */
  release(): void {
    if (--this.#handles > 0) return;
    if (attachments.get(this.name) === this) attachments.delete(this.name);
    binding.close(this.id);
  }

  /** Ends the waits and the loans of a handle that is being closed. */
  cancel(owner: object): void {
    for (const lane of this.#lanes.values()) lane.cancel(owner);
    for (const lease of this.leases) if (lease.owner === owner) lease.end();
    for (const watcher of this.#watchers.values()) watcher.look();
  }
}

/** What a constructor is given in place of options when the object exists already. */
export class Opened {
  readonly attachment: Attachment;
  /** The codec that the opener gave, where it did. */
  readonly codec: unknown;

  constructor(attachment: Attachment, codec?: unknown) {
    this.attachment = attachment;
    this.codec = codec;
  }
}

const attachments = new Map<string, Attachment>();

/** Whether an error is that of a system call that failed with this code. */
export function isSystemError(error: unknown, code: string): boolean {
  return error instanceof Error && (error as { code?: unknown }).code === code;
}

/** Opens; where there is nothing, creates; where somebody else did so meanwhile, opens. */
export function openOrCreate<T>(open: () => T, create: () => T): T {
  for (;;) {
    try {
      return open();
    } catch (error) {
      if (!isSystemError(error, 'ENOENT')) throw error;
    }
    try {
      return create();
    } catch (error) {
      if (!isSystemError(error, 'EEXIST')) throw error;
    }
  }
}

function parseMeta(text: string, name: string): Meta {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Meta;
  } catch {
    // Said below.
  }
  throw new CorruptSegmentError(`The creation options of '${name}' are no JSON object`);
}
