import { builtin } from '../builtin.js';
import { ClosedError, invalidArgType, ProcessError } from '../errors.js';
import { checkOptions, readBoolean, readTimeout } from '../options.js';
import { readModule } from '../process/module.js';
import type { Process } from '../process/process.js';
import { readTarget, type Target } from '../process/target.js';
import { type Address, readAddress, readKey } from '../sockets/address.js';
import type { TlsOptions } from '../sockets/tls-options.js';
import { readHandshakeTimeout } from '../sockets/socket-options.js';
import { processAuthkey } from './authkey.js';
import type { ClientSession } from './client-session.js';
import { type ConnectOptions, openSession } from './connect.js';
import { type Coming, comingProxy } from './proxy.js';
import { type Factory, type RegisterOptions, readRegistration } from './registry.js';
import { builtInClasses, registryOf } from './registry-of.js';
import { ManagerServer } from './server.js';
import { endServerProcess, startServerProcess } from './server-process.js';
import { iteratorMethods } from './types/iterator.js';
import { serverObject } from './wire.js';

export interface ManagerOptions extends ConnectOptions {
  /** Where the server listens. Default: a Unix socket in a new directory that only this user can enter. */
  readonly address?: Address | undefined;
  /** The longest message that the server takes, in bytes: a call, or a batch of small ones. Default 1 GiB. */
  readonly maxBytes?: number | undefined;
  /** The module that exports the manager's class, for the server's process. Default: the main script. */
  readonly module?: string | URL | undefined;
  /** How long `shutdown()` waits before each stronger step, in milliseconds. Default 1000. */
  readonly shutdownTimeout?: number | undefined;
}

export interface StartOptions<Args extends readonly unknown[] = readonly unknown[]> {
  /** A function of the manager's module that the server's process calls before anything else. */
  readonly initializer?: Target<Args> | undefined;
  readonly initargs?: readonly [...Args] | undefined;
}

const optionNames = [
  'address',
  'authkey',
  'insecure',
  'tls',
  'keepAlive',
  'sharedMemory',
  'handshakeTimeout',
  'reconnect',
  'maxBytes',
  'module',
  'shutdownTimeout',
];

/** What a server knows of one of its objects. */
export interface ObjectInfo {
  readonly number: number;
  readonly typeid: string;
  readonly references: number;
}

/**
 * Objects that live in a server process and are used through proxies, from this machine or over the network. Python:
 * `multiprocessing.managers.BaseManager`.
 *
 * Every call on a proxy is one round trip and gives a copy, or a proxy where `methodToTypeid` says so. Calls made in one turn of the
 * event loop travel as one message. When the server's process is gone, pending and later calls reject with RemoteError at once. What an
 * object of the server throws arrives as itself, with its stack there as the `cause`.
 */
export class BaseManager implements AsyncDisposable {
  readonly #options: ManagerOptions;
  readonly #shutdownTimeout: number;
  #address: Address | undefined;
  #session: ClientSession | undefined;
  #process: Process | undefined;
  #state: 'new' | 'used' | 'ended' = 'new';

  /** Nothing is started yet. @throws TypeError and RangeError for options */
  constructor(options?: ManagerOptions) {
    const given = checkOptions(options, optionNames, 'Manager') as ManagerOptions;
    if (given.address !== undefined) readAddress(given.address, 0);
    readKey(given.authkey);
    readBoolean(given.insecure, 'insecure', false);
    readBoolean(given.sharedMemory, 'sharedMemory', true);
    readBoolean(given.reconnect, 'reconnect', false);
    readHandshakeTimeout(given.handshakeTimeout);
    const { shutdownTimeout } = given;
    this.#shutdownTimeout = shutdownTimeout === undefined ? 1000 : readTimeout(shutdownTimeout);
    this.#options = given;
    this.#address = given.address;
  }

  /**
   * Makes `manager.typeid(...args)` create an object by `factory` (a class or a function) in the server, and give its proxy. A client
   * that only connects may leave the factory out. Python: `BaseManager.register`.
   * @throws TypeError and RangeError for names and options
   */
  static register(typeid: string, factory?: Factory, options?: RegisterOptions): void {
    const registration = readRegistration(typeid, factory, options);
    if (typeid in BaseManager.prototype) {
      throw invalidArgType('typeid', 'a name that managers do not use themselves', typeid);
    }
    // biome-ignore lint/complexity/noThisInStatic: each class has registrations of its own.
    const manager = this;
    registryOf(manager).set(typeid, registration);
    Object.defineProperty(manager.prototype, typeid, {
      configurable: true,
      writable: true,
      value(this: BaseManager, ...args: readonly unknown[]) {
        return this.create(typeid, ...args);
      },
    });
  }

  /**
   * A manager that is connected to a server that runs already. Rejects as `Client` does, with AuthenticationError where the keys
   * differ, and with RemoteError where something else listens. Python: `connect()`.
   */
  static async connect<M extends BaseManager>(
    this: new (
      options?: ManagerOptions,
    ) => M,
    address: Address,
    options?: ConnectOptions,
  ): Promise<M> {
    const manager = new this({ ...options, address });
    await manager.connect();
    return manager;
  }

  /** Connects this manager to the server at its address. Rejects as the static form does; ProcessError where it is in use already. */
  async connect(): Promise<void> {
    if (this.#address === undefined) {
      throw invalidArgType('address', 'given, to connect to', this.#address);
    }
    this.#use();
    await this.#join(this.#address);
  }

  /**
   * Starts the server's process, and resolves to this manager when it listens. The process is a daemon: it ends with this one.
   * Rejects with ProcessError where the manager is in use already or its class cannot be found there, and with what kept the
   * process from listening, such as `EADDRINUSE`.
   */
  async start<Args extends readonly unknown[]>(options?: StartOptions<Args>): Promise<this> {
    const given = checkOptions(options, ['initializer', 'initargs'], 'start');
    const { initializer, initargs = [] } = given;
    if (!Array.isArray(initargs)) throw invalidArgType('initargs', 'an array', initargs);
    const { name } = this.constructor;
    const ours = builtInClasses.get(name) === this.constructor && initializer === undefined;
    const key = this.#key();
    this.#use();
    try {
      const { process, address } = await startServerProcess({
        module: ours ? null : readModule(this.#options.module),
        name,
        address: this.#options.address ?? null,
        authkey: key === undefined ? null : key,
        insecure: this.#options.insecure ?? false,
        tls: this.#options.tls ?? null,
        keepAlive: this.#options.keepAlive ?? null,
        handshakeTimeout: this.#options.handshakeTimeout ?? null,
        maxBytes: this.#options.maxBytes ?? null,
        initializer: initializer === undefined ? null : readTarget(initializer),
        initargs,
      });
      this.#process = process;
      const { tls } = this.#options;
      await this.#join(address, tls === undefined ? {} : { tls: onlyOur(tls) });
    } catch (error) {
      this.#process?.kill();
      this.#state = 'new';
      throw error;
    }
    return this;
  }

  /** A server for these types in this very process: `await manager.getServer().serveForever()`. Python: `get_server()`. */
  getServer(): ManagerServer {
    this.#use();
    const { address, insecure = false, tls, keepAlive, handshakeTimeout, maxBytes } = this.#options;
    return new ManagerServer({
      address,
      authkey: this.#key(),
      insecure,
      tls,
      keepAlive,
      handshakeTimeout,
      maxBytes,
      registry: registryOf(this.constructor),
    });
  }

  /** Where others connect to; `undefined` before it is known. */
  get address(): Address | undefined {
    return this.#address;
  }

  /** Creates an object of a registered type, as `manager.typeid(...args)` does. */
  create<P>(typeid: string, ...args: readonly unknown[]): Coming<P> {
    const session = this.#connected();
    return comingProxy<P>(session, session.call(serverObject, 'create', [typeid, args]));
  }

  /**
   * Runs `calls`, and sends the calls on proxies that it makes before its first `await` as one message, in their order. What a call
   * will give can be called in turn: `manager.batch((m) => m.dict().set('k', 1))` is one round trip.
   */
  batch<R>(calls: (manager: this) => R): R {
    return this.#connected().cork(() => calls(this));
  }

  /** How many objects the server has. Python: `_number_of_objects()`. */
  async numberOfObjects(): Promise<number> {
    return (await this.#ask('numberOfObjects')) as number;
  }

  /** Every object of the server, with how many refer to it. Python: `_debug_info()`. */
  async debugInfo(): Promise<ObjectInfo[]> {
    return (await this.#ask('debugInfo')) as ObjectInfo[];
  }

  /** Waits until the process that `start()` started has ended, or `timeout` milliseconds. Python: `join()`. */
  async join(options?: { timeout?: number | undefined }): Promise<void> {
    const timeout = options?.timeout;
    await this.#process?.join(timeout === undefined ? {} : { timeout });
  }

  /**
   * Ends the server's process where this manager started it: asks, then SIGTERM, then SIGKILL, `shutdownTimeout` apart. One that is
   * only connected asks the server to end. Idempotent. Python: `shutdown()`.
   */
  async shutdown(): Promise<void> {
    if (this.#session !== undefined && !this.#session.closed) {
      await this.#ask('shutdown').catch(() => undefined);
    }
    this.close();
    if (this.#process !== undefined) {
      await endServerProcess(this.#process, this.#shutdownTimeout);
      this.#process = undefined;
    }
  }

  /** Ends this manager's connection; its proxies are closed. A server that it started goes on until `shutdown()` or the end of this process. */
  close(): void {
    this.#session?.close();
    this.#session = undefined;
    this.#state = 'ended';
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process === undefined ? Promise.resolve(this.close()) : this.shutdown();
  }

  #key(): Buffer | undefined {
    const { authkey, insecure } = this.#options;
    if (authkey !== undefined) return Buffer.from(authkey);
    return insecure ? undefined : processAuthkey();
  }

  async #join(address: Address, more: ConnectOptions = {}): Promise<void> {
    this.#address = address;
    this.#session = openSession(address, { ...this.#options, ...more });
    try {
      await this.numberOfObjects();
    } catch (error) {
      this.#session.close();
      this.#session = undefined;
      this.#state = 'new';
      throw error;
    }
  }

  #use(): void {
    if (this.#state === 'new') this.#state = 'used';
    else {
      throw new ProcessError('This manager is started, connected or ended already: make another', {
        code: 'ERR_PROCESS_STARTED',
      });
    }
  }

  #connected(): ClientSession {
    if (this.#session !== undefined) return this.#session;
    if (this.#state === 'ended') throw new ClosedError('The manager was shut down or closed');
    throw new ProcessError('The manager is neither started nor connected', {
      code: 'ERR_PROCESS_NOT_STARTED',
    });
  }

  async #ask(method: string): Promise<unknown> {
    return await this.#connected().call(serverObject, method, []).promise;
  }
}

// For `methodToTypeid` of any class. Nobody makes one by itself.
registryOf(BaseManager).set(
  'Iterator',
  readRegistration('Iterator', undefined, { exposed: iteratorMethods }),
);

/** The server that was just started has the certificate that it was given, whoever that is by name and authority. */
function onlyOur({ key, cert, passphrase }: TlsOptions): TlsOptions {
  const { fingerprint256 } = new builtin.crypto.X509Certificate(Buffer.from(cert as Uint8Array));
  // Where clients need a certificate: that one, which the server knows as its own.
  return { fingerprint: fingerprint256, key, cert, passphrase };
}
