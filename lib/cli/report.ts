/**
 * What `--json` prints of one object: docs/cli.md has it word by word. Fields are added, never renamed; `schema` is raised where that
 * cannot be kept. Times are ISO 8601, spans milliseconds, sizes bytes.
 */
export interface ObjectReport {
  readonly name: string;
  readonly kind: string;
  readonly path: string;
  /** `damaged`: bytes break the layout's rules. `unreadable`: this user may not look. `foreign`: no object of ours. */
  readonly state: 'ok' | 'damaged' | 'unreadable' | 'foreign';
  /** Why the state is not `ok`. */
  readonly reason: string | null;
  readonly findings: readonly string[];
  readonly size: number;
  /** Memory in use. */
  readonly allocated: number;
  readonly owner: number;
  readonly mode: string;
  readonly createdAt: string | null;
  /** The pid of who created it, while that can be told. */
  readonly creator: number | null;
  readonly persist: boolean;
  /** Nobody who lives holds it. */
  readonly unused: boolean;
  /** `clean` would remove it. */
  readonly abandoned: boolean;
  /** Somebody attached, detached or unlinked at this moment. */
  readonly changing: boolean;
  readonly layoutVersion: number | null;
  readonly codec: string | null;
  /** What the creator chose, as its language binding wrote it. */
  readonly options: unknown;
  readonly participants: readonly ParticipantReport[];
  readonly locks: readonly LockReport[];
  readonly waiters: readonly WaiterReport[];
  readonly channels: readonly ChannelReport[];
  /** Who has taken what from a joinable queue and not finished it. What the dead had taken is lost. */
  readonly unfinished: readonly UnfinishedReport[];
  /** Numbers of one kind only: `parties`, `value`, … */
  readonly details: Readonly<Record<string, number | string | boolean | null>>;
}

export interface ParticipantReport {
  readonly slot: number;
  readonly pid: number;
  /** `null` where no process of that pid and start can be seen: another pid namespace. */
  readonly command: string | null;
  readonly processState: string | null;
  readonly processAgeMs: number | null;
  readonly attachedAt: string | null;
  readonly attachedMs: number | null;
}

export interface LockReport {
  readonly role: string;
  readonly holder: {
    readonly slot: number;
    readonly pid: number | null;
    /** A dead holder's lock is free for the next who asks. */
    readonly alive: boolean;
  } | null;
  /** How often the holder has it. */
  readonly depth: number;
  /** `null` where nobody says: the locks inside queues. */
  readonly heldSince: string | null;
  readonly heldMs: number | null;
}

export interface UnfinishedReport {
  readonly slot: number;
  readonly pid: number | null;
  readonly alive: boolean;
  readonly count: number;
}

export interface WaiterReport {
  readonly for: string;
  readonly slot: number;
  readonly pid: number | null;
  readonly count: number;
}

export interface ChannelReport {
  readonly name: string;
  readonly messages: number;
  /** Of the ring, with headers and padding. */
  readonly bytes: number;
  /** Of large messages, which lie behind the ring, in whole pages of 64 KiB. */
  readonly largeBytes: number;
  readonly capacity: number;
  readonly maxItems: number | null;
  readonly maxBytes: number | null;
  readonly shutDown: boolean;
  /** Counters that wrap at `modulus`: their differences are rates. */
  readonly put: number;
  readonly taken: number;
  readonly modulus: number;
}
