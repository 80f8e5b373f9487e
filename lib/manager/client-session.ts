import { abortError, ClosedError, EOFError, RemoteError } from '../errors.js';
import { Call } from './call.js';
import { asThrown, ended, fromArguments, gone, tooLong } from './client-errors.js';
import { type CallEntry, Outbox } from './outbox.js';
import { type ProxyHandle, proxyHandle, readProxyHandle } from './reference.js';
import type { Transport } from './transport.js';
import { decodeMessage, Entry, encodeMessage, type Reader } from './wire.js';

/** How a session makes proxies: set by the module that knows them. */
export type MakeProxy = (session: ClientSession, handle: ProxyHandle) => object;

export interface SessionOptions {
  /** The session is there for its proxies alone, and closes after the last one. */
  readonly forProxies?: boolean;
  /** Connect again, for the next call, when the connection was lost. */
  readonly reconnect?: boolean;
}

/**
 * A client's connection to a manager's server. Calls made in one turn of the event loop go as one message, and calls on what an
 * earlier call will give need not wait for it. A pending call keeps the process alive; an idle session does not.
 *
 * When the connection is lost, every pending call fails with one error: whether the server has run it nobody can say, and so it is never
 * sent again. Later calls fail with the same error, or, with `reconnect`, go through a new connection.
 */
export class ClientSession implements Reader {
  readonly #connect: () => Promise<Transport>;
  readonly #makeProxy: MakeProxy;
  readonly #forProxies: boolean;
  readonly #reconnect: boolean;
  readonly #pending = new Map<number, Call>();
  readonly #outbox = new Outbox(() => this.#flush());
  #open: Transport | undefined;
  #connecting = false;
  #server: string | undefined;
  #connection = 0;
  #receiving = false;
  #last = 0;
  #proxies = 0;
  #failure: Error | undefined;
  #closed = false;

  /** Connects at once. Calls may be made meanwhile: they go when that has succeeded, and fail as it does. */
  constructor(
    connect: () => Promise<Transport>,
    makeProxy: MakeProxy,
    { forProxies = false, reconnect = false }: SessionOptions = {},
  ) {
    this.#connect = connect;
    this.#makeProxy = makeProxy;
    this.#forProxies = forProxies;
    this.#reconnect = reconnect;
    this.#start();
  }

  /** Whether both sides are on one machine and share memory. */
  get local(): boolean {
    return this.#open?.local ?? false;
  }

  /** The name of the server, once there was a connection: of the last one. */
  get server(): string | undefined {
    return this.#server;
  }

  /** Which connection this is: the first one is 0, and one that is lost ends its number. */
  get connection(): number {
    return this.#connection;
  }

  get closed(): boolean {
    return this.#closed || this.#failure !== undefined;
  }

  /**
   * Calls a method of an object, or of what call `-target` will give. Rejects with the object's own error, RemoteError for what the
   * server refuses, `ERR_REMOTE` when the server is gone, ClosedError; SerializationError where an argument cannot travel.
   */
  call(target: number, method: string, args: readonly unknown[], keeps?: unknown): Call {
    const call = new Call(++this.#last, signalOf(args), keeps);
    const refusal = this.#refusal(call);
    if (refusal !== undefined) {
      call.reject(refusal);
      return call;
    }
    this.#pending.set(call.number, call);
    if (call.signal === undefined) this.#outbox.addCall(call.number, target, method, args);
    else {
      call.watch(() => this.#outbox.add([Entry.cancel, call.number]));
      const { signal: _, ...options } = args.at(-1) as { signal: unknown };
      const bodies = [[...args.slice(0, -1), options]];
      this.#outbox.add([Entry.cancellable, call.number, target, method, bodies]);
    }
    return call;
  }

  /** Before a call: begins to connect again where the connection was lost and there may be another. */
  refresh(): void {
    if (!this.#reconnect || this.#connecting || this.closed) return;
    // Found before the call is sent, a loss does not cost the call.
    if (this.#pending.size === 0 && this.#open?.over() === true) this.#lose(gone(new EOFError()));
    if (this.#open === undefined) this.#start();
  }

  /** There is one more proxy, which counts as a reference that the server knows of. */
  retain(): void {
    this.#proxies++;
  }

  /** A proxy is no more: gives back its reference, which the server knows of by the connection of that number. */
  release(object: number, connection: number): void {
    this.#proxies--;
    if (this.closed) return;
    if (connection === this.#connection) this.#outbox.add([Entry.release, object, 1]);
    this.#closeWhenUnused();
  }

  /** Holds everything back until `calls` has returned, and then sends it as one message. */
  cork<R>(calls: () => R): R {
    return this.#outbox.cork(calls);
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
    this.#rejectAll(new ClosedError('The manager was closed'));
  }

  #start(): void {
    this.#connecting = true;
    this.#connect().then(
      (transport) => this.#started(transport),
      (error: unknown) => this.#fail(error as Error),
    );
  }

  #started(transport: Transport): void {
    this.#connecting = false;
    if (this.#closed) {
      transport.close();
      return;
    }
    if (this.#server !== undefined && this.#server !== transport.server) this.#dropStale();
    this.#server = transport.server;
    this.#open = transport;
    this.#outbox.flushSoon();
  }

  /** Calls on objects of a server that is gone: with its successor, the same number is another object. */
  #dropStale(): void {
    for (const entry of this.#outbox.take()) {
      const [what, number, target, , bodies] = entry as CallEntry;
      const isCall = what === Entry.call || what === Entry.cancellable;
      if (!isCall || target <= 0) this.#outbox.add(entry);
      else for (const index of bodies.keys()) this.#take(number + index)?.reject(ended());
    }
  }

  /** Why a call cannot be made, where that is so. */
  #refusal({ signal }: Call): Error | undefined {
    if (this.#failure !== undefined) return this.#failure;
    if (this.#closed) return new ClosedError('The manager was closed');
    if (signal?.aborted) return abortError(signal);
    this.refresh();
    return undefined;
  }

  #flush(): void {
    if (this.#open === undefined) return;
    const entries = this.#outbox.take();
    if (entries.length === 0) return;
    try {
      this.#send(entries);
    } catch {
      // An argument of one of them cannot travel: its caller is told, the others' calls go.
      for (const entry of entries) this.#sendAlone(entry);
    }
    if (!this.#receiving && this.#pending.size > 0) void this.#receive();
  }

  #sendAlone(entry: readonly unknown[]): void {
    const [what, number, target, method, bodies = [undefined]] = entry as Partial<CallEntry>;
    for (const [index, body] of bodies.entries()) {
      const one =
        body === undefined ? entry : [what, Number(number) + index, target, method, [body]];
      try {
        this.#send([one]);
      } catch (error) {
        this.#take(one[1] as number)?.reject(fromArguments(error, one as CallEntry));
      }
    }
  }

  #send(entries: (readonly unknown[])[]): void {
    const transport = this.#open;
    // Lost by an earlier one of those that are sent alone.
    if (transport === undefined) return;
    const bytes = encodeMessage(entries, this);
    if (bytes.length > transport.limit) throw tooLong(bytes.length, transport.limit);
    transport.send(bytes).catch((error: unknown) => this.#failOf(transport, error));
  }

  async #receive(): Promise<void> {
    const transport = this.#open as Transport;
    this.#receiving = true;
    try {
      while (this.#pending.size > 0 && this.#open === transport) {
        for (const entry of decodeMessage(await transport.receive(), this)) this.#settle(entry);
      }
    } catch (error) {
      this.#failOf(transport, error);
    }
    if (this.#open !== transport) return;
    this.#receiving = false;
    this.#closeWhenUnused();
  }

  #settle([what, number, bodies]: readonly unknown[]): void {
    if (what === Entry.failure && number === 0) throw (bodies as unknown[])[0];
    for (const [index, value] of (bodies as unknown[]).entries()) {
      const call = this.#take((number as number) + index);
      if (call === undefined) throw new RemoteError('An answer to no call');
      if (what === Entry.result) this.#resolve(call, value);
      else call.reject(asThrown(value, call));
    }
  }

  /** Once a call has given a proxy, calls name the object and not the call. */
  #resolve(call: Call, value: unknown): void {
    if (typeof value === 'object' && value !== null && proxyHandle in value)
      this.#outbox.add([Entry.forget, call.number]);
    call.result = value;
    call.resolve(value);
  }

  #closeWhenUnused(): void {
    if (this.#forProxies && this.#proxies === 0 && this.#pending.size === 0) this.close();
  }

  #take(number: number): Call | undefined {
    const call = this.#pending.get(number);
    this.#pending.delete(number);
    call?.finish();
    return call;
  }

  #failOf(transport: Transport, cause: unknown): void {
    if (this.#open === transport) this.#fail(gone(cause));
  }

  /** Every pending call fails for one reason, and so does every later one, unless there may be another connection. */
  #fail(failure: Error): void {
    if (this.closed) return;
    if (!this.#reconnect || this.#server === undefined) this.#failure = failure;
    this.#lose(failure);
  }

  #lose(failure: Error): void {
    this.#open?.close();
    this.#open = undefined;
    this.#connecting = false;
    this.#receiving = false;
    this.#connection++;
    this.#outbox.take();
    this.#rejectAll(failure);
  }

  #rejectAll(error: Error): void {
    for (const number of [...this.#pending.keys()]) this.#take(number)?.reject(error);
  }
}

/** Of the options that the last argument may be. */
function signalOf(args: readonly unknown[]): AbortSignal | undefined {
  const last = args.at(-1);
  if (typeof last !== 'object' || last === null || !Object.hasOwn(last, 'signal')) return undefined;
  const { signal } = last as { signal: unknown };
  return signal instanceof AbortSignal ? signal : undefined;
}
