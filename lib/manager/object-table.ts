import { InterprocError, RemoteError } from '../errors.js';
import type { Address } from '../sockets/address.js';
import { faceOf } from './face.js';
import { type ProxyHandle, proxyHandle } from './reference.js';
import { type Method, methodsOf, type Registration } from './registry.js';

/** An object in the server, for as long as anybody refers to it. */
export class ObjectEntry {
  readonly number: number;
  readonly typeid: string;
  readonly object: unknown;
  readonly methods: ReadonlyMap<string, Method>;
  readonly methodToTypeid: Readonly<Record<string, string>>;
  readonly face: string | undefined;
  references = 0;

  constructor(number: number, object: object, registration: Registration) {
    this.number = number;
    this.face = faceOf(object);
    this.object = object;
    this.typeid = registration.typeid;
    this.methods = methodsOf(object, registration.exposed);
    this.methodToTypeid = registration.methodToTypeid;
  }
}

/** The objects of a server, and how many references each has: those of clients, and those that lie in other objects. */
export class ObjectTable {
  readonly #entries = new Map<number, ObjectEntry>();
  readonly #name: string;
  readonly #address: () => Address;
  #last = 0;
  /** What lies in other objects and is dropped there. */
  readonly #dropped = new FinalizationRegistry<number>((number) => this.release(number));

  constructor(name: string, address: () => Address) {
    this.#name = name;
    this.#address = address;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Every object: its number, its type, and how many refer to it. */
  describe(): { number: number; typeid: string; references: number }[] {
    return [...this.#entries.values()].map(({ number, typeid, references }) => ({
      number,
      typeid,
      references,
    }));
  }

  /** Takes an object in, without any reference to it yet. */
  add(object: unknown, registration: Registration): ObjectEntry {
    if (typeof object !== 'object' || object === null) {
      throw new RemoteError(
        `'${registration.typeid}' gave no object: there is nothing to refer to`,
      );
    }
    const entry = new ObjectEntry(++this.#last, object, registration);
    this.#entries.set(entry.number, entry);
    return entry;
  }

  /** @throws RemoteError where nobody refers to it any more */
  get(number: number): ObjectEntry {
    const entry = this.#entries.get(number);
    if (entry !== undefined) return entry;
    throw new RemoteError(`There is no object ${number} any more: its last proxy was disposed`);
  }

  retain(number: number): void {
    this.get(number).references++;
  }

  /** With the last reference the object goes; one that can be disposed or closed is. */
  release(number: number, count = 1): void {
    const entry = this.#entries.get(number);
    if (entry === undefined) return;
    entry.references -= count;
    if (entry.references > 0) return;
    this.#entries.delete(number);
    dispose(entry.object);
  }

  /** What lies in other objects in place of a proxy. It counts as a reference until it is dropped there. */
  reference(number: number): Reference {
    const entry = this.get(number);
    entry.references++;
    const reference: Reference = new Reference(entry, this.handleOf(entry), () => {
      this.#dropped.unregister(reference);
      this.release(number);
    });
    this.#dropped.register(reference, number, reference);
    return reference;
  }

  handleOf({ number, typeid, methods, face }: ObjectEntry): ProxyHandle {
    return {
      interproc: 1,
      kind: 'proxy',
      name: this.#name,
      object: number,
      typeid,
      exposed: [...methods.keys()],
      ...(face === undefined ? {} : { face }),
      address: this.#address(),
    };
  }

  /** Ends all objects. */
  clear(): void {
    for (const entry of this.#entries.values()) dispose(entry.object);
    this.#entries.clear();
  }
}

/**
 * What a server's own objects see of another object of the same server: `object` is that object itself. Sent to a client, it arrives
 * as a proxy.
 */
export class Reference {
  readonly [proxyHandle]: ProxyHandle;
  readonly object: unknown;
  #release: (() => void) | undefined;

  constructor(entry: ObjectEntry, handle: ProxyHandle, release: () => void) {
    this[proxyHandle] = handle;
    this.object = entry.object;
    this.#release = release;
  }

  /** It does not count any more. Idempotent; without it that is so once it is dropped. */
  release(): void {
    const release = this.#release;
    this.#release = undefined;
    release?.();
  }

  get handle(): ProxyHandle {
    return this[proxyHandle];
  }
}

function dispose(object: unknown): void {
  const { [Symbol.dispose]: disposer, close } = object as Partial<Disposable> & { close?: unknown };
  try {
    if (typeof disposer === 'function') disposer.call(object);
    else if (typeof close === 'function') close.call(object);
  } catch (error) {
    // Nobody is left who could be told.
    process.emitWarning(
      new InterprocError('An object of a manager could not be disposed', { cause: error }),
    );
  }
}
