import { RemoteError } from '../errors.js';
import { describeThrown, fromPart } from '../remote-error.js';
import type { Transport } from './transport.js';
import { bodyPath, Entry, encodeMessage, type Message, type Reader } from './wire.js';

/** What calls came to, one after the other: those of `number`, `number` + 1, … */
type AnswerEntry = [what: number, number: number, bodies: unknown[]];

/** The answers to a client. Those that are ready in one turn of the event loop go as one message. */
export class Answers {
  readonly #transport: Transport;
  readonly #by: Reader;
  readonly #lost: () => void;
  #entries: AnswerEntry[] = [];
  #soon = false;

  /** `lost` is called where the client can be sent nothing any more. */
  constructor(transport: Transport, by: Reader, lost: () => void) {
    this.#transport = transport;
    this.#by = by;
    this.#lost = lost;
  }

  /** Adds the result of a call, or what it threw. */
  add(what: number, number: number, body: unknown): void {
    const last = this.#entries.at(-1);
    if (last !== undefined && last[0] === what && last[1] + last[2].length === number)
      last[2].push(body);
    else this.#entries.push([what, number, [body]]);
    if (this.#soon) return;
    this.#soon = true;
    queueMicrotask(() => this.flush());
  }

  flush(): void {
    this.#soon = false;
    const entries = this.#entries;
    this.#entries = [];
    if (entries.length === 0) return;
    try {
      this.#send(entries);
    } catch {
      // One of them cannot travel: its caller is told, the others get theirs.
      for (const entry of entries) this.#sendAlone(entry);
    }
  }

  /** What was not sent yet never will be. */
  drop(): void {
    this.#entries = [];
  }

  #sendAlone([what, first, bodies]: AnswerEntry): void {
    for (const [index, body] of bodies.entries()) {
      const number = first + index;
      try {
        this.#send([[what, number, [body]]]);
      } catch (cause) {
        const replacement = what === Entry.failure ? describeThrown(body) : unsendable(cause);
        this.#send([[Entry.failure, number, [replacement]]]);
      }
    }
  }

  #send(message: Message): void {
    this.#transport.send(encodeMessage(message, this.#by)).catch(this.#lost);
  }
}

function unsendable(cause: unknown): RemoteError {
  const { message } = fromPart(cause, bodyPath(Entry.result)) as Error;
  return new RemoteError(`The result cannot be sent: ${message}`);
}
