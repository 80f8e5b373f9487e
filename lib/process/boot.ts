import { Attachment } from '../attachment.js';
import { msgpackCodec } from '../codec/msgpack.js';
import { ProcessError } from '../errors.js';
import { recallFromTransit } from '../pipe/in-transit.js';
import { SharedMemory } from '../memory/shared-memory.js';
import * as messages from '../messages.js';
import { binding, Outcome } from '../native.js';
import {
  type BootMessage,
  type BootReport,
  type BootTicket,
  childEnd,
  parentEnd,
  readableOf,
} from './boot-message.js';
import type { Handle } from '../shared-object.js';
import { handOver } from '../pipe/transfer.js';
import type { Blocked } from '../waiting/lane.js';

const capacity = 64 * 1024;
const bootPipe = (name: string) =>
  binding.createPipe(name, 0o600, false, msgpackCodec.id, '{}', capacity, 0, true);

/**
 * The parent's side of the pipe that a child boots from. The message is in shared memory before the child exists, so that the child
 * never waits for this process's event loop. What travels with it is kept attached until the child has it, and the attachment itself
 * is what a daemon watches to end with its parent.
 */
export class BootChannel {
  readonly ticket: BootTicket;
  readonly #attachment: Attachment;
  readonly #daemon: boolean;
  readonly #objects: readonly Handle[];
  #held: { release(): void }[] = [];
  #taken = false;
  #open = true;
  #failure: ProcessError | undefined;

  /** @throws SerializationError where the arguments cannot travel, a system error where there is no memory; nothing is left then. */
  constructor(message: BootMessage) {
    messages.encode(msgpackCodec, message);
    const objects = messages.takeObjects() as { readonly handle: Handle }[] | undefined;
    this.#daemon = message.identity.daemon;
    this.#objects = objects?.map(({ handle }) => handle) ?? [];
    this.#attachment = Attachment.create(undefined, bootPipe).retain();
    this.ticket = {
      pipe: this.#attachment.name,
      shared: objects !== undefined,
    };
    try {
      const { id } = this.#attachment;
      const { start, end } = messages.scratch;
      binding.pipeSendAway(id, childEnd);
      this.#hold();
      handOver(
        objects,
        () => binding.pipeSend(id, parentEnd, start, end),
        (outcome) => outcome > 0,
      );
    } catch (error) {
      this.#release();
      throw error;
    }
  }

  /** Reads what the child reports, as it comes. Keeps the process alive for as long as that matters. */
  watch(): void {
    const lane = this.#attachment.lane('boot');
    const attempt = (): undefined | Blocked => {
      if (!this.#read()) return undefined;
      // A daemon keeps its end for as long as it lives, and reports nothing more that could not wait until then.
      if (this.#daemon && this.#taken) return undefined;
      return lane.blockedOn(readableOf(parentEnd));
    };
    lane
      .wait(this, { timeout: Infinity }, attempt, () => undefined)
      .then(
        () => {
          // The memory that large arguments took.
          if (this.#taken && !this.#daemon) this.#release();
        },
        () => {
          // Closed meanwhile, or corrupt: the child's exit tells the rest.
        },
      );
  }

  /** Reads what has come, without waiting. Whether the child has its arguments. */
  look(): boolean {
    if (this.#open) this.#read();
    return this.#taken;
  }

  /** The child is no more. The error that it reported, where it did. */
  close(): ProcessError | undefined {
    if (this.#open) {
      this.#read();
      if (!this.#taken) this.#recall();
    }
    this.#release();
    return this.#failure;
  }

  /** There will be no child. */
  abandon(): void {
    this.#recall();
    this.#release();
  }

  /** Reads what there is; false where nothing more can come. */
  #read(): boolean {
    for (;;) {
      const outcome = binding.pipeReceive(this.#attachment.id, parentEnd);
      if (outcome >= 0) this.#note(messages.decode(msgpackCodec, 0, outcome) as BootReport);
      else if (outcome === Outcome.smallBuffer) messages.growReceived();
      else if (outcome === Outcome.empty) return true;
      else return false;
    }
  }

  #note(report: BootReport): void {
    if ('failed' in report) {
      const { code, message } = report.failed;
      this.#failure = new ProcessError(message, { code });
      return;
    }
    this.#taken = true;
    this.#letGo();
  }

  /** The caller may close its handles at once: the objects live until the child is attached to them. */
  #hold(): void {
    for (const { kind, name } of this.#objects) {
      try {
        if (kind === 'memory' || kind === 'shareable-list') {
          const memory = SharedMemory.open(name);
          this.#held.push({ release: () => memory.close() });
          continue;
        }
        this.#held.push(Attachment.open(name, refuse).retain());
      } catch {
        // Unlinked, or of a kind that lives by its name alone: the child finds out.
      }
    }
  }

  #letGo(): void {
    const held = this.#held;
    this.#held = [];
    for (const one of held) one.release();
  }

  /** Ends of pipes that nobody will ever take are closed, so that their peers meet the end of file. */
  #recall(): void {
    for (const { name, end } of this.#objects) {
      if (end !== undefined) recallFromTransit(name, end);
    }
  }

  #release(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#letGo();
    this.#attachment.cancel(this);
    this.#attachment.release();
  }
}

function refuse(): never {
  throw new ProcessError('Not attached');
}
