import { EOFError, RemoteError } from '../errors.js';
import { Answers } from './answers.js';
import { type Caller, runFor } from './caller.js';
import { ObjectEntry } from './object-table.js';
import { type ProxyHandle, proxyHandle } from './reference.js';
import type { Transport } from './transport.js';
import { decodeMessage, Entry, type Reader, serverObject } from './wire.js';

/** What a session needs of its server. */
export interface Host {
  readonly name: string;
  lookUp(number: number): ObjectEntry;
  retain(number: number): void;
  release(number: number, count: number): void;
  reference(handle: ProxyHandle): object;
  /** Takes in the result of a method that gives proxies, and answers with what stands for it. */
  adopt(result: unknown, typeid: string): ObjectEntry;
  handleOf(entry: ObjectEntry): ProxyHandle;
  /** The calls that concern the server itself. */
  serve(method: string, args: readonly unknown[]): unknown;
}

/** The result of a call that stays in the server: the client gets a proxy. */
class Kept {
  readonly entry: ObjectEntry;
  readonly [proxyHandle]: ProxyHandle;

  constructor(entry: ObjectEntry, handle: ProxyHandle) {
    this.entry = entry;
    this[proxyHandle] = handle;
  }

  get handle(): ProxyHandle {
    return this[proxyHandle];
  }
}

/** One client: its calls, what it refers to, and what has to end with it. */
export class ServerSession implements Caller, Reader {
  readonly local: boolean;
  readonly #host: Host;
  readonly #transport: Transport;
  /** Calls that were not answered yet, and those whose result the client may still name by the call. */
  readonly #calls = new Map<number, Promise<unknown> | Kept>();
  readonly #cancels = new Map<number, AbortController>();
  readonly #references = new Map<number, number>();
  readonly #endings = new Set<() => void>();
  readonly #answers: Answers;
  #ended = false;

  constructor(host: Host, transport: Transport) {
    this.#host = host;
    this.#transport = transport;
    this.local = transport.local;
    this.#answers = new Answers(transport, this, () => this.end());
  }

  get ended(): boolean {
    return this.#ended;
  }

  onEnd(act: () => void): () => void {
    if (this.#ended) act();
    else this.#endings.add(act);
    return () => this.#endings.delete(act);
  }

  /** Serves the client until it goes. Never rejects. */
  async serve(): Promise<void> {
    try {
      while (!this.#ended) {
        const message = decodeMessage(await this.#transport.receive(), this);
        for (const entry of message) this.#handle(entry);
      }
    } catch (error) {
      // A client that breaks the rules is one less; the others go on.
      if (!(error instanceof EOFError) && !this.#ended) this.#complain(error);
    } finally {
      this.end();
    }
  }

  /** Ends the connection, and with it whatever the client had. Idempotent. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#answers.drop();
    this.#transport.close();
    for (const controller of this.#cancels.values())
      controller.abort(new EOFError('The client is gone'));
    for (const act of [...this.#endings]) act();
    this.#endings.clear();
    for (const [number, count] of this.#references) this.#host.release(number, count);
    this.#references.clear();
    this.#calls.clear();
  }

  resolve(handle: ProxyHandle): object {
    return this.#host.reference(handle);
  }

  /** Each proxy that the client gets is a reference of its own. */
  sending(object: object): void {
    const { name, object: number } = (object as { handle: ProxyHandle }).handle;
    if (name === this.#host.name) this.#retain(number);
  }

  #retain(number: number): void {
    this.#host.retain(number);
    this.#references.set(number, (this.#references.get(number) ?? 0) + 1);
  }

  #handle(entry: readonly unknown[]): void {
    const [what, number] = entry;
    if (typeof number !== 'number' || !Number.isSafeInteger(number)) {
      throw new RemoteError('An entry without a number');
    }
    if (what === Entry.call || what === Entry.cancellable) this.#callAll(entry, number);
    else if (what === Entry.cancel) this.#cancels.get(number)?.abort();
    else if (what === Entry.forget) this.#calls.delete(number);
    else if (what === Entry.release) this.#releaseReferences(number, entry[2]);
    else throw new RemoteError('An entry of an unknown kind');
  }

  #releaseReferences(number: number, count: unknown): void {
    if (!Number.isSafeInteger(count) || (count as number) < 1)
      throw new RemoteError('A release of nothing');
    const held = this.#references.get(number) ?? 0;
    // Those of others are not this client's to give back.
    const given = Math.min(count as number, held);
    if (given === 0) return;
    if (given === held) this.#references.delete(number);
    else this.#references.set(number, held - given);
    this.#host.release(number, given);
  }

  #callAll(entry: readonly unknown[], first: number): void {
    const [what, , target, method, bodies] = entry;
    const wellFormed =
      entry.length === 5 &&
      first > 0 &&
      Number.isSafeInteger(target) &&
      typeof method === 'string' &&
      Array.isArray(bodies) &&
      (what === Entry.call || bodies.length === 1);
    if (!wellFormed) throw new RemoteError('A call that breaks the rules');
    let number = first;
    for (const args of bodies as unknown[]) {
      if (!Array.isArray(args) || this.#calls.has(number))
        throw new RemoteError('A call that breaks the rules');
      const given = what === Entry.cancellable ? this.#withSignal(number, args) : args;
      this.#call(number++, target as number, method as string, given);
    }
  }

  #call(number: number, target: number, method: string, args: readonly unknown[]): void {
    let result: unknown;
    try {
      result = this.#invoke(target, method, args);
    } catch (error) {
      this.#fail(number, error);
      return;
    }
    if (!isThenable(result)) {
      this.#answer(number, result);
      return;
    }
    const pending = Promise.resolve(result);
    this.#calls.set(number, pending);
    pending.then(
      (value) => {
        this.#calls.delete(number);
        this.#answer(number, value);
      },
      (error: unknown) => {
        this.#calls.delete(number);
        this.#fail(number, error);
      },
    );
  }

  #withSignal(number: number, args: readonly unknown[]): unknown[] {
    const controller = new AbortController();
    this.#cancels.set(number, controller);
    const options: unknown = args.at(-1);
    return [...args.slice(0, -1), { ...(options as object), signal: controller.signal }];
  }

  #invoke(target: number, method: string, args: readonly unknown[]): unknown {
    if (target === serverObject) {
      if (method === 'attach') return this.#attach(args);
      const made = runFor(this, () => this.#host.serve(method, args));
      return isThenable(made) ? made.then((entry) => this.#kept(entry)) : this.#kept(made);
    }
    if (target > 0) return this.#apply(this.#host.lookUp(target), method, args);
    const earlier = this.#calls.get(-target);
    if (earlier instanceof Kept) return this.#apply(earlier.entry, method, args);
    if (earlier === undefined)
      throw new RemoteError('The call that this one builds on gave no proxy');
    return earlier.then(
      (result) => {
        if (result instanceof Kept) return this.#apply(result.entry, method, args);
        throw new RemoteError('The call that this one builds on gave no proxy');
      },
      (cause) => {
        throw new RemoteError('The call that this one builds on failed', { cause });
      },
    );
  }

  /** The client has a proxy that came to it in a message of somebody else's. */
  #attach([name, number]: readonly unknown[]): void {
    if (name !== this.#host.name) {
      throw new RemoteError(
        'The manager that this proxy is of has ended; another is at its address',
      );
    }
    this.#retain(number as number);
  }

  #apply(entry: ObjectEntry, method: string, args: readonly unknown[]): unknown {
    const found = entry.methods.get(method);
    if (found === undefined) {
      const names = [...entry.methods.keys()].join(', ');
      throw new RemoteError(`'${entry.typeid}' exposes no method '${method}'; it has: ${names}`);
    }
    const result = runFor(this, () => found.apply(entry.object, args as unknown[]));
    if (!Object.hasOwn(entry.methodToTypeid, method)) return result;
    const typeid = entry.methodToTypeid[method] as string;
    const keep = (value: unknown) => this.#kept(this.#host.adopt(value, typeid));
    return isThenable(result) ? result.then(keep) : keep(result);
  }

  /** Object entries become what the client gets a proxy for; everything else stays what it is. */
  #kept(result: unknown): unknown {
    if (!(result instanceof ObjectEntry)) return result;
    return new Kept(result, this.#host.handleOf(result));
  }

  #answer(number: number, value: unknown): void {
    this.#cancels.delete(number);
    if (this.#ended) {
      // It never had a reference: counting one up and down again lets it go.
      if (value instanceof Kept) this.#letGo(value);
      return;
    }
    if (value instanceof Kept) this.#calls.set(number, value);
    this.#answers.add(Entry.result, number, value);
  }

  #letGo({ entry }: Kept): void {
    this.#host.retain(entry.number);
    this.#host.release(entry.number, 1);
  }

  #fail(number: number, error: unknown): void {
    this.#cancels.delete(number);
    if (!this.#ended) this.#answers.add(Entry.failure, number, error);
  }

  #complain(error: unknown): void {
    this.#answers.add(Entry.failure, 0, error);
    this.#answers.flush();
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}
