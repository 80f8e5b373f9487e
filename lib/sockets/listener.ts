import type { Socket } from 'node:net';
import { staysHere } from '../codec/codec.js';
import { ClosedError } from '../errors.js';
import { checkOptions, readInteger, readMode, readWait, type WaitOptions } from '../options.js';
import { type HasSelectable, type Selectable, selectable } from '../select/selectable.js';
import { type Blocked, blocked } from '../waiting/lane.js';
import {
  type Address,
  checkFamily,
  type Place,
  readAddress,
  refuseOpenNetwork,
} from './address.js';
import { SocketChannel } from './channel.js';
import { firstLimit, shakeHands } from './handshake.js';
import { Listening } from './listening.js';
import { limitSilence } from './silence.js';
import { SocketConnection } from './socket-connection.js';
import {
  readSocketOptions,
  type SocketOptions,
  type SocketPlan,
  socketOptionNames,
} from './socket-options.js';
import { TlsGate } from './tls-gate.js';
import { Turns } from './turns.js';

export interface ListenerOptions<T = unknown> extends SocketOptions<T> {
  /** How many that may be accepted wait for `accept()`; whoever comes then is turned away. Default 128. */
  readonly backlog?: number | undefined;
  /** How many may be in the handshake at a time; whoever comes then is turned away. Default 64. */
  readonly maxHandshakes?: number | undefined;
  /** Permissions of a Unix socket's file: who may write to it may connect. Default `0o600`. */
  readonly mode?: number | undefined;
}

const optionNames = [...socketOptionNames, 'backlog', 'maxHandshakes', 'mode'];
const largestBacklog = 65_535;

/** What `accept` gives next. */
type Outcome = { readonly channel: SocketChannel } | { readonly error: Error };

/**
 * Listens on a Unix or TCP socket for those who connect with `Client`. Python: `multiprocessing.connection.Listener`.
 *
 * The constructor never waits: an address that is taken or not allowed shows as the rejection of `ready` and of `accept`. Whoever
 * connects is authenticated at once, several at a time, whether or not somebody is waiting in `accept`; before that, no more than
 * 256 bytes for a message and `handshakeTimeout` are granted. A pending `accept` keeps the process alive; an idle listener does not.
 */
export class Listener<T = unknown>
  implements AsyncIterable<SocketConnection<T>>, AsyncDisposable, HasSelectable
{
  readonly #plan: SocketPlan<T>;
  readonly #listening: Listening;
  readonly #local: boolean;
  readonly #backlog: number;
  readonly #maxHandshakes: number;
  readonly #accepts: Turns;
  readonly #lookers = new Set<() => void>();
  readonly #handshakes = new Set<SocketChannel>();
  readonly #gate: TlsGate | undefined;
  readonly #outcomes: Outcome[] = [];
  #lastAccepted: Address | null = null;
  #closed = false;

  /**
   * `address`: a path, `'\0name'` in the abstract namespace, or `{ host, port }`; port 0 is one that the system chooses. Without an
   * address: a Unix socket in a new directory that only this user can open, or with `family: 'AF_INET'` a port of 127.0.0.1.
   * @throws TypeError and RangeError for arguments, AuthenticationError for a network beyond this machine without an `authkey`
   */
  constructor(address?: Address, options?: ListenerOptions<T>) {
    const given = checkOptions(options, optionNames, 'Listener');
    let place = address === undefined ? undefined : readAddress(address, 0);
    const family = checkFamily(given['family'], place);
    if (family === 'AF_INET') place ??= { host: '127.0.0.1', port: 0 };
    this.#plan = readSocketOptions<T>(given, place);
    this.#backlog = readCount(given['backlog'], 'backlog', 128);
    this.#maxHandshakes = readCount(given['maxHandshakes'], 'maxHandshakes', 64);
    const mode = readMode(given['mode']);
    const { key, insecure } = this.#plan;
    if (place !== undefined) refuseOpenNetwork(place, key, insecure);
    const { tls, timeout } = this.#plan;
    if (tls !== undefined) {
      this.#gate = new TlsGate({
        tls,
        timeout,
        onSecure: (socket) => this.#shakeHands(socket),
        onFailed: (error) => this.#add({ error }),
      });
    }
    this.#local = place === undefined || 'path' in place;
    this.#listening = new Listening({
      place,
      backlog: this.#backlog,
      mode,
      loopbackOnly: !insecure && (key?.length ?? 0) === 0,
      onSocket: (socket) => this.#welcome(socket),
      onLost: (error) => this.#add({ error }),
    });
    this.#accepts = new Turns(() => this.#hold());
    this.#listening.ready.catch(() => this.#changed());
  }

  /** Resolves when the listener listens and `address` is final; rejects with the system's error (`EADDRINUSE`, `EACCES`, …). */
  get ready(): Promise<void> {
    return this.#listening.ready;
  }

  /** What `Client` takes. The port that the system chose is in it from `ready` on. */
  get address(): Address {
    return addressOf(this.#listening.place);
  }

  /** Where the connection accepted last came from: `null` before the first, `''` for a Unix socket, as in Python. */
  get lastAccepted(): Address | null {
    return this.#lastAccepted;
  }

  /** Whether `close()` was called. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Resolves to a connection to whoever connected next and knows the key; waits for one.
   * Rejects with AuthenticationError where somebody's handshake failed: the listener goes on, and so may its caller. Rejects with the
   * system's error where the listener could not listen, TimeoutError, AbortError, ClosedError.
   */
  accept(options?: WaitOptions): Promise<SocketConnection<T>> {
    try {
      const wait = readWait(options, 'accept');
      this.#refuseClosed();
      return this.#accepts.wait(wait, this.#take);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Connections as they come, until the listener is closed. Whoever fails in the handshake is passed over. */
  async *[Symbol.asyncIterator](): AsyncGenerator<SocketConnection<T>, void, undefined> {
    while (!this.#closed) {
      let connection: SocketConnection<T>;
      try {
        connection = await this.accept();
      } catch (error) {
        if (error instanceof ClosedError && this.#closed) return;
        if (error === this.#listening.failure) throw error;
        continue;
      }
      yield connection;
    }
  }

  /**
   * Stops listening, and removes the socket's file and the directory that was made for it. Pending accepts reject with `ERR_CLOSED`, those
   * who wait to be accepted are turned away; connections that were accepted stay. Idempotent.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#listening.close();
    this.#gate?.close();
    for (const channel of this.#handshakes) channel.close();
    for (const outcome of this.#outcomes.splice(0)) {
      if ('channel' in outcome) outcome.channel.close();
    }
    this.#changed();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  /** A message cannot carry it. @internal */
  get [staysHere](): string {
    return 'Listener';
  }

  /** For `wait()`: `accept` would give or throw something at once. @internal */
  [selectable](): Selectable {
    return {
      blocking: 'never',
      ready: () => {
        this.#refuseClosed();
        return this.#listening.failure !== undefined || this.#outcomes.length > 0;
      },
      watch: (changed) => {
        const looker = () => changed();
        this.#lookers.add(looker);
        this.#hold();
        return () => {
          this.#lookers.delete(looker);
          this.#hold();
        };
      },
    };
  }

  readonly #take = (): SocketConnection<T> | Blocked => {
    this.#refuseClosed();
    const outcome = this.#outcomes.shift();
    if (outcome === undefined) {
      if (this.#listening.failure !== undefined) throw this.#listening.failure;
      return blocked;
    }
    if ('error' in outcome) throw outcome.error;
    const { channel } = outcome;
    channel.background = false;
    this.#lastAccepted = channel.peer;
    return new SocketConnection(channel, this.#plan.codec, this.#local);
  };

  #welcome(socket: Socket): void {
    const { key, tls, keepAlive } = this.#plan;
    const bounded = key !== undefined || tls !== undefined;
    const under = this.#handshakes.size + (this.#gate?.size ?? 0);
    if (this.#closed || (bounded && under >= this.#maxHandshakes)) {
      socket.destroy();
      return;
    }
    limitSilence(socket, keepAlive);
    if (this.#gate === undefined) this.#shakeHands(socket);
    else this.#gate.enter(socket);
  }

  #shakeHands(socket: Socket): void {
    if (this.#closed) {
      socket.destroy();
      return;
    }
    const plan = { ...this.#plan, role: 'listener' } as const;
    const channel = new SocketChannel(socket, firstLimit(plan));
    channel.background = true;
    this.#handshakes.add(channel);
    shakeHands(channel, plan).then(
      () => {
        this.#handshakes.delete(channel);
        this.#add({ channel });
      },
      (error: Error) => {
        this.#handshakes.delete(channel);
        this.#add({ error });
      },
    );
  }

  #add(outcome: Outcome): void {
    if (!this.#closed && this.#outcomes.length < this.#backlog) {
      this.#outcomes.push(outcome);
      this.#changed();
    } else if ('channel' in outcome) outcome.channel.close();
  }

  #changed(): void {
    this.#accepts.settle();
    for (const looker of [...this.#lookers]) looker();
  }

  #hold(): void {
    this.#listening.hold(this.#accepts.busy || this.#lookers.size > 0);
  }

  #refuseClosed(): void {
    if (this.#closed) throw new ClosedError('The listener is closed');
  }
}

function readCount(value: unknown, name: string, usual: number): number {
  return value === undefined ? usual : readInteger(value, name, 1, largestBacklog);
}

function addressOf(place: Place): Address {
  return 'path' in place ? place.path : place;
}
