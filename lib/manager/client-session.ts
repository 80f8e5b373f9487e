import { ClosedError, EOFError, MessageTooLargeError, RemoteError, abortError } from '../errors.js';
import { fromPart, revive } from '../remote-error.js';
import { type ProxyHandle, readProxyHandle } from './reference.js';
import type { Transport } from './transport.js';
import { decodeMessage, Entry, encodeMessage, type Reader, serverObject } from './wire.js';

interface Pending {
  resolve(value: unknown): void;
  reject(error: unknown): void;
  /** Keeps what is being called alive, and ends what watches the call's signal. */
  finish(): void;
  readonly keeps: unknown;
  readonly signal: AbortSignal | undefined;
}

/** How a session makes proxies: set by the module that knows them. */
export type MakeProxy = (session: ClientSession, handle: ProxyHandle) => object;

/**
 * A client's connection to a manager's server. Calls made in one turn of the event loop go as one message, and calls on what an
 * earlier call will give need not wait for it. A pending call keeps the process alive; an idle session does not.
 */
export class ClientSession implements Reader {
  readonly #makeProxy: MakeProxy;
  readonly #forProxies: boolean;
  readonly #pending = new Map<number, Pending>();
  #open: Transport | undefined;
  #entries: (readonly unknown[])[] = [];
  #flushing = false;
  #corked = 0;
  #receiving = false;
  #last = 0;
  #proxies = 0;
  #failure: Error | undefined;
  #closed = false;

  /**
   * Calls may be made while `connecting` is pending: they go when it has resolved, and fail as it does. `forProxies`: it is there for
   * its proxies alone, and closes after the last one.
   */
  constructor(connecting: Promise<Transport>, makeProxy: MakeProxy, forProxies = false) {
    this.#makeProxy = makeProxy;
    this.#forProxies = forProxies;
    connecting.then(
      (transport) => {
        this.#open = transport;
        if (this.#closed) transport.close();
        else if (this.#entries.length > 0 && this.#corked === 0) this.#flushSoon();
      },
      (error: unknown) => this.#fail(error, error as Error),
    );
  }

  /** Whether both sides are on one machine and share memory. */
  get local(): boolean {
    return this.#open?.local ?? false;
  }

  /** The name of the server, once there is a connection. */
  get server(): string | undefined {
    return this.#open?.server;
  }

  get closed(): boolean {
    return this.#closed || this.#failure !== undefined;
  }

  /**
   * Calls a method of an object, or of what call `-target` will give. Rejects with the object's own error, RemoteError for what the
   * server refuses, `ERR_REMOTE` when the server is gone, ClosedError; SerializationError where an argument cannot travel.
   */
  call(target: number, method: string, args: readonly unknown[], keeps?: unknown): Call {
    const number = ++this.#last;
    const promise = new Promise<unknown>((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      if (this.#closed) return reject(new ClosedError('The manager was closed'));
      const signal = signalOf(args);
      if (signal?.aborted) return reject(abortError(signal));
      const cancel = () => this.#queue([Entry.cancel, number]);
      signal?.addEventListener('abort', cancel, { once: true });
      const finish = () => signal?.removeEventListener('abort', cancel);
      this.#pending.set(number, { resolve, reject, finish, keeps, signal });
      if (signal === undefined) this.#queue([Entry.call, number, target, method, args]);
      else {
        const { signal: _, ...options } = args.at(-1) as { signal: unknown };
        this.#queue([Entry.cancellable, number, target, method, [...args.slice(0, -1), options]]);
      }
    });
    return { number, promise };
  }

  /** There is one more proxy, which counts as a reference that the server knows of. */
  retain(): void {
    this.#proxies++;
  }

  /** A proxy is no more: gives its reference back. */
  release(object: number): void {
    this.#proxies--;
    if (this.closed) return;
    this.#queue([Entry.release, object, 1]);
    this.#closeWhenUnused();
  }

  /** Holds everything back until `calls` has returned, and then sends it as one message. */
  cork<R>(calls: () => R): R {
    this.#corked++;
    try {
      return calls();
    } finally {
      this.#corked--;
      if (this.#entries.length > 0) this.#flushSoon();
    }
  }

  resolve(handle: ProxyHandle): object {
    return this.#makeProxy(this, readProxyHandle(handle));
  }

  /** Ends the connection. Pending calls reject with ClosedError. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#flush();
    this.#closed = true;
    this.#open?.close();
    this.#rejectAll(() => new ClosedError('The manager was closed'));
  }

  #queue(entry: readonly unknown[]): void {
    this.#entries.push(entry);
    if (this.#corked === 0) this.#flushSoon();
  }

  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    this.#flushing = false;
    if (this.#open === undefined && !this.closed) return;
    const entries = this.#entries;
    this.#entries = [];
    if (this.closed || entries.length === 0) return;
    try {
      this.#send(entries);
    } catch {
      // An argument of one of them cannot travel: its caller is told, the others' calls go.
      for (const entry of entries) this.#sendAlone(entry);
    }
    if (!this.#receiving && this.#pending.size > 0) {
      this.#receiving = true;
      this.#receive().catch((error: unknown) => this.#fail(error));
    }
  }

  #sendAlone(entry: readonly unknown[]): void {
    try {
      this.#send([entry]);
    } catch (error) {
      const pending = this.#take(entry[1] as number);
      pending?.reject(fromArguments(error, entry));
    }
  }

  #send(entries: (readonly unknown[])[]): void {
    const transport = this.#open as Transport;
    const bytes = encodeMessage(entries, this);
    if (bytes.length > transport.limit) throw tooLong(bytes.length, transport.limit);
    transport.send(bytes).catch((error: unknown) => this.#fail(error));
  }

  async #receive(): Promise<void> {
    const transport = this.#open as Transport;
    while (this.#pending.size > 0) {
      const message = decodeMessage(await transport.receive(), this);
      for (const [what, number, value] of message) {
        if (what === Entry.failure && number === 0) throw value;
        const pending = this.#take(number as number);
        if (pending === undefined) throw new RemoteError('An answer to no call');
        if (what === Entry.result) pending.resolve(value);
        else pending.reject(asThrown(value, pending));
      }
    }
    this.#receiving = false;
    this.#closeWhenUnused();
  }

  #closeWhenUnused(): void {
    if (this.#forProxies && this.#proxies === 0 && this.#pending.size === 0) this.close();
  }

  /** Once a call has given a proxy, calls name the object and not the call. */
  forget(number: number): void {
    if (!this.closed) this.#queue([Entry.forget, number]);
  }

  #take(number: number): Pending | undefined {
    const pending = this.#pending.get(number);
    this.#pending.delete(number);
    pending?.finish();
    return pending;
  }

  /** Every call, pending and later, fails from now on: for one reason. */
  #fail(cause: unknown, failure: Error = gone(cause)): void {
    if (this.closed) return;
    this.#failure = failure;
    this.#open?.close();
    this.#entries = [];
    this.#rejectAll(() => failure);
  }

  #rejectAll(error: () => Error): void {
    for (const number of [...this.#pending.keys()]) this.#take(number)?.reject(error());
  }
}

/** The error of an argument that cannot travel, with its path from the arguments on: `$[1].fn` is in the second one. */
function fromArguments(error: unknown, [, , target, method]: readonly unknown[]): unknown {
  const created = target === serverObject && method === 'create';
  return fromPart(error, created ? '$[0][4][1]' : '$[0][4]');
}

export interface Call {
  readonly number: number;
  readonly promise: Promise<unknown>;
}

function tooLong(length: number, limit: number): MessageTooLargeError {
  return new MessageTooLargeError(
    `The call takes ${length} bytes; the manager's server takes ${limit} (maxBytes)`,
  );
}

function gone(cause: unknown): RemoteError {
  const why = cause instanceof EOFError ? 'ended or died' : 'cannot be reached any more';
  return new RemoteError(`The server of the manager ${why}`, { cause });
}

/** The object's error as the caller gets it; of an abort it is the caller's own. */
function asThrown(thrown: unknown, { signal }: Pending): unknown {
  if (signal?.aborted && thrown instanceof Error && thrown.name === 'AbortError')
    return abortError(signal);
  return revive(thrown, 'the server of a manager');
}

function signalOf(args: readonly unknown[]): AbortSignal | undefined {
  const last = args.at(-1);
  if (typeof last !== 'object' || last === null || !Object.hasOwn(last, 'signal')) return undefined;
  const { signal } = last as { signal: unknown };
  return signal instanceof AbortSignal ? signal : undefined;
}
