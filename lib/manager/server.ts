import { builtin } from '../builtin.js';
import { InterprocError, RemoteError } from '../errors.js';
import type { Connection } from '../pipe/connection.js';
import { Pipe } from '../pipe/pipe.js';
import type { Address } from '../sockets/address.js';
import { Listener } from '../sockets/listener.js';
import type { SocketConnection } from '../sockets/socket-connection.js';
import type { TlsOptions } from '../sockets/tls-options.js';
import { attachProxy, usualHandshakeTimeout } from './connect.js';
import { type ObjectEntry, ObjectTable } from './object-table.js';
import type { ProxyHandle } from './reference.js';
import { make, type Registration } from './registry.js';
import { type Host, ServerSession } from './server-session.js';
import { Given } from './types/factories.js';
import { iteratorOf } from './types/iterator.js';
import { otherSideGone, pipeTransport, socketTransport, type Terms } from './transport.js';

export interface ServerPlan {
  readonly address: Address | undefined;
  readonly authkey: Buffer | undefined;
  readonly insecure: boolean;
  readonly tls: TlsOptions | undefined;
  readonly keepAlive: number | undefined;
  readonly handshakeTimeout: number | undefined;
  /** The longest message that a client may send. */
  readonly maxBytes: number | undefined;
  readonly registry: ReadonlyMap<string, Registration>;
}

/** What a client says first: how it would like to go on. */
export interface Hello {
  readonly interproc: 1;
  readonly sharedMemory: boolean;
}

/** The server's answer: an end of a pipe to go on through, or `null` for the socket itself. */
export interface Welcome extends Terms {
  readonly pipe: Connection | null;
}

/** The usual `maxBytes`. */
const usualMaxBytes = 1024 ** 3;

/** Bytes that wait in shared memory each way before the sender waits. */
const pipeCapacity = 1024 * 1024;

/**
 * Serves the objects of a manager. Whoever knows the authkey may make objects, call their exposed methods and shut the server down.
 * Python: `multiprocessing.managers.Server`.
 */
export class ManagerServer implements Host {
  /** Told to clients, so that a proxy of a server that is gone is not taken for one of its successor. */
  readonly name = builtin.crypto.randomBytes(12).toString('hex');
  readonly #listener: Listener;
  readonly #authenticated: boolean;
  readonly #maxBytes: number;
  readonly #handshakeTimeout: number;
  readonly #registry: ReadonlyMap<string, Registration>;
  readonly #objects: ObjectTable;
  /** Shared objects that were given to clients, open for as long as this server. */
  readonly #given = new Set<object>();
  /** Those who came, from the beginning on: also before they are a session. */
  readonly #connections = new Set<SocketConnection>();
  readonly #sessions = new Set<ServerSession>();
  #ended = false;
  #stop: () => void = () => undefined;
  readonly #stopped = new Promise<void>((resolve) => {
    this.#stop = resolve;
  });

  /** @throws what `Listener` throws */
  constructor({ registry, address, maxBytes = usualMaxBytes, ...security }: ServerPlan) {
    this.#registry = registry;
    this.#authenticated = (security.authkey?.length ?? 0) > 0;
    this.#maxBytes = maxBytes;
    this.#handshakeTimeout = security.handshakeTimeout ?? usualHandshakeTimeout;
    this.#listener = new Listener(address, { ...security, maxBytes });
    this.#objects = new ObjectTable(this.name, () => this.address);
  }

  /** What clients connect to; final once `ready` has resolved. */
  get address(): Address {
    return this.#listener.address;
  }

  /** Resolves when the server listens; rejects with the system's error. */
  get ready(): Promise<void> {
    return this.#listener.ready;
  }

  /** Serves until `stop()` or a client's `shutdown()`. Rejects where the server cannot listen. Python: `serve_forever()`. */
  async serveForever(): Promise<void> {
    await this.ready;
    const accepting = this.#acceptAll();
    await Promise.race([this.#stopped, accepting]);
    this.#listener.close();
    this.#ended = true;
    for (const session of [...this.#sessions]) session.end();
    for (const connection of this.#connections) connection.close();
    this.#objects.clear();
    for (const object of this.#given) (object as { close(): void }).close();
  }

  /** Ends `serveForever`: clients meet RemoteError, objects are disposed. Idempotent. */
  stop(): void {
    this.#stop();
  }

  lookUp(number: number): ObjectEntry {
    return this.#objects.get(number);
  }

  retain(number: number): void {
    this.#objects.retain(number);
  }

  release(number: number, count: number): void {
    this.#objects.release(number, count);
  }

  reference(handle: ProxyHandle): object {
    if (handle.name === this.name) return this.#objects.reference(handle.object);
    // It counts as this server's, for as long as it lies here.
    if (this.#authenticated) return attachProxy(handle);
    throw new RemoteError(
      'A manager without an authkey keeps no proxies of another: anybody could have it connect to anything',
    );
  }

  handleOf(entry: ObjectEntry): ProxyHandle {
    return this.#objects.handleOf(entry);
  }

  adopt(result: unknown, typeid: string): ObjectEntry {
    const object = typeid === 'Iterator' ? iteratorOf(result) : result;
    return this.#objects.add(object, this.#registered(typeid));
  }

  serve(method: string, args: readonly unknown[]): unknown {
    switch (method) {
      case 'create':
        return this.#create(args);
      case 'numberOfObjects':
        return this.#objects.size;
      case 'debugInfo':
        return this.#objects.describe();
      case 'shutdown':
        // The answer goes first.
        setImmediate(() => this.stop());
        return undefined;
      default:
        throw new RemoteError(`A server has no method '${method}'`);
    }
  }

  #create([typeid, args]: readonly unknown[]): unknown {
    if (typeof typeid !== 'string' || !Array.isArray(args)) {
      throw new RemoteError('A creation that breaks the rules');
    }
    const registration = this.#registered(typeid);
    const made = registration.factory ? make(registration, args) : undefined;
    if (made instanceof Promise) {
      return made.then((object: unknown) => this.#takeIn(object, registration));
    }
    return this.#takeIn(made, registration);
  }

  #takeIn(made: unknown, registration: Registration): unknown {
    if (!(made instanceof Given)) return this.#objects.add(made, registration);
    this.#given.add(made.object);
    return made.object;
  }

  #registered(typeid: string): Registration {
    const registration = this.#registry.get(typeid);
    if (registration !== undefined) return registration;
    const known = [...this.#registry.keys()].join(', ');
    throw new RemoteError(`Nothing is registered as '${typeid}'. Registered are: ${known}`);
  }

  async #acceptAll(): Promise<void> {
    for await (const connection of this.#listener) {
      this.#connections.add(connection);
      this.#welcome(connection)
        .catch(() => connection.close())
        .finally(() => this.#connections.delete(connection));
    }
  }

  async #welcome(connection: SocketConnection): Promise<void> {
    const local = typeof this.address === 'string';
    const wait = { timeout: this.#handshakeTimeout };
    const hello = (await connection.recv(wait)) as Partial<Hello> | null;
    if (hello?.interproc !== 1)
      throw new InterprocError('No client of ours', { code: 'ERR_REMOTE' });
    const offered: Terms = { server: this.name, limit: this.#maxBytes };
    const terms: Terms = { ...offered, limit: Infinity };
    const pipe =
      local && hello.sharedMemory === true ? await offerPipe(connection, offered, wait) : null;
    if (pipe === null) await connection.send({ pipe, ...offered }, wait);
    const transport =
      pipe === null
        ? socketTransport(connection, local, terms, true)
        : pipeTransport(pipe, connection, terms, this.#maxBytes);
    if (this.#ended) return transport.close();
    const session = new ServerSession(this, transport);
    this.#sessions.add(session);
    if (pipe !== null) void otherSideGone(pipe, connection).then(() => session.end());
    await session.serve();
    this.#sessions.delete(session);
  }
}

/** Gives the client an end of a pipe; this side's end. */
async function offerPipe(
  connection: SocketConnection,
  terms: Terms,
  wait: { readonly timeout: number },
): Promise<Connection> {
  const [ours, theirs] = Pipe({ codec: 'raw', capacity: pipeCapacity });
  try {
    await connection.send({ pipe: theirs, ...terms }, wait);
    // That it has its end.
    await connection.recv(wait);
    return ours;
  } catch (error) {
    ours.close();
    throw error;
  }
}
