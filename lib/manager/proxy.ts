import { inspect } from 'node:util';
import { ClosedError, RemoteError } from '../errors.js';
import type { Call } from './call.js';
import { type CallMethod, faceNamed } from './client-faces.js';
import { ended } from './client-errors.js';
import type { ClientSession } from './client-session.js';
import { type ProxyHandle, proxyHandle } from './reference.js';
import { mayBeExposed } from './registry.js';
import { serverObject } from './wire.js';

/** What every proxy has besides the methods of the object that it stands for. */
export interface ProxyBase extends Disposable, AsyncDisposable {
  /** The name that the object's type is registered under. */
  readonly typeid: string;
  /** Plain data for `attach()`, in any process that has the manager's authkey. */
  readonly handle: ProxyHandle;
  toJSON(): ProxyHandle;
  /** Gives this reference back; with the last one the object goes. Later calls throw ClosedError. Idempotent. */
  dispose(): void;
}

/** A method as it is called through a proxy: it answers with a promise. */
export type Remote<M> = M extends (...args: infer A) => infer R
  ? (...args: A) => Promise<Awaited<R>>
  : never;

/** The proxy of an object of type T. */
export type Proxied<T> = ProxyBase & {
  readonly [K in keyof T as K extends `_${string}` | 'constructor' | symbol
    ? never
    : T[K] extends (...args: never[]) => unknown
      ? K
      : never]: Remote<T[K]>;
};

/**
 * A proxy on its way: a promise, on which the proxy's methods can be called already. Such calls go with the one that makes the
 * object, in one round trip.
 */
export type Coming<P> = Promise<P> & Omit<P, keyof ProxyBase | keyof Promise<unknown>>;

/** The class that proxies appear to be of. */
class RemoteProxy {}

type Members = Readonly<Record<PropertyKey, unknown>>;

/** What the methods of a proxy call: an object that is there, or one that a call will give. */
interface Target {
  call(method: string, args: readonly unknown[]): Promise<unknown>;
}

/** Gives a reference back when the proxy was forgotten: a net, for those who did not dispose. */
const forgotten = new FinalizationRegistry<ProxyReference>((reference) => reference.release());

/** A proxy's reference to its object. Apart from the proxy, which a function made beside it would keep from being collected. */
class ProxyReference {
  released = false;
  readonly #session: ClientSession;
  readonly #server: string;
  readonly #object: number;
  /** By which connection the server knows of it. */
  #connection: number;

  constructor(session: ClientSession, { name, object }: ProxyHandle) {
    this.#session = session;
    this.#server = name;
    this.#object = object;
    this.#connection = session.connection;
    session.retain();
  }

  release(): void {
    if (this.released) return;
    this.released = true;
    this.#session.release(this.#object, this.#connection);
  }

  /** Calls the object. A new connection is told of the reference first: the server gave it back when the one before was lost. */
  call(method: string, args: readonly unknown[], proxy: unknown): Promise<unknown> {
    const session = this.#session;
    session.refresh();
    if (session.server !== undefined && session.server !== this.#server)
      return Promise.reject(ended());
    if (this.#connection !== session.connection && !session.closed) {
      this.#connection = session.connection;
      // Where that fails, so does the call behind it: an object's number is never used again.
      session
        .call(serverObject, 'attach', [this.#server, this.#object])
        .promise.catch(() => undefined);
    }
    return session.call(this.#object, method, args, proxy).promise;
  }
}

/** A proxy for an object, which counts as one reference to it. */
export function makeProxy(session: ClientSession, handle: ProxyHandle): ProxyBase {
  const reference = new ProxyReference(session, handle);
  const dispose = () => {
    forgotten.unregister(members);
    reference.release();
  };
  const face = faceNamed(handle.face);
  const call: CallMethod = (method, args) => {
    if (reference.released)
      return Promise.reject(new ClosedError(`This proxy of a ${handle.typeid} was disposed`));
    // The proxy itself goes along: garbage collection must not release what is being called.
    return reference.call(method, args, proxy);
  };
  const target: Target = {
    call(method, args) {
      const own = memberOf(face.methods, method);
      if (own !== undefined) return own(call, ...args);
      const result = memberOf(face.results, method);
      return result === undefined
        ? call(method, args)
        : call(method, args).then((value) => result(call, value));
    },
  };
  const members: Members = {
    typeid: handle.typeid,
    [proxyHandle]: handle,
    handle,
    toJSON: () => handle,
    dispose,
    [Symbol.dispose]: dispose,
    [Symbol.asyncDispose]: () => Promise.resolve(dispose()),
    [Symbol.asyncIterator]: () => face.iterate?.(call) ?? iterate(target, handle),
    [inspect.custom]: () =>
      `Proxy { ${handle.typeid} ${handle.object}${reference.released ? ', disposed' : ''} }`,
    // Not a promise: `await proxy` gives the proxy.
    // biome-ignore lint/suspicious/noThenProperty: so that nothing else answers to it.
    then: undefined,
  };
  const proxy = withMethods(
    target,
    members,
    new Set([...handle.exposed, ...Object.keys(face.methods ?? {})]),
  ) as unknown as ProxyBase;
  forgotten.register(proxy, reference, members);
  return proxy;
}

/** The promise of a call that gives a proxy, on which that proxy's methods can be called. */
export function comingProxy<P>(session: ClientSession, call: Call): Coming<P> {
  const promise = call.promise as Promise<P>;
  const target: Target = {
    async call(method, args) {
      if (call.result !== undefined) return await callOn(call.result as Callable, method, args);
      // Functions stay here: what to do with one depends on what the proxy will be of.
      if (args.some((arg) => typeof arg === 'function'))
        return await callOn((await promise) as Callable, method, args);
      const value = await session.call(-call.number, method, args).promise;
      const proxy = (await promise) as Callable;
      const result = memberOf(faceNamed(proxy.handle?.face).results, method);
      if (result === undefined) return value;
      return result((name, more) => callOn(proxy, name, more), value);
    },
  };
  const members: Members = {
    // biome-ignore lint/suspicious/noThenProperty: this one is a promise.
    then: promise.then.bind(promise),
    catch: promise.catch.bind(promise),
    finally: promise.finally.bind(promise),
    [Symbol.toStringTag]: 'Promise',
  };
  return withMethods(target, members, undefined) as unknown as Coming<P>;
}

/** A proxy, or what else a call has given. */
type Callable = { readonly handle?: ProxyHandle } & Readonly<
  Record<string, ((...args: readonly unknown[]) => unknown) | undefined>
>;

async function callOn(proxy: Callable, method: string, args: readonly unknown[]): Promise<unknown> {
  const found = (proxy as Callable | null)?.[method];
  if (typeof found === 'function') return await found.apply(proxy, args as unknown[]);
  throw new RemoteError(`There is no method '${method}'`);
}

function memberOf<T>(members: Readonly<Record<string, T>> | undefined, name: string) {
  return members !== undefined && Object.hasOwn(members, name) ? members[name] : undefined;
}

/** `exposed`: the names that it has; without, any name that may be one. */
function withMethods(target: Target, members: Members, exposed: ReadonlySet<string> | undefined) {
  const methods = new Map<string, (...args: readonly unknown[]) => Promise<unknown>>();
  const isMethod = (key: PropertyKey): key is string =>
    typeof key === 'string' && (exposed === undefined ? mayBeExposed(key) : exposed.has(key));
  return new Proxy(members, {
    get(_, key) {
      if (Object.hasOwn(members, key)) return members[key];
      if (!isMethod(key)) return undefined;
      let method = methods.get(key);
      if (method === undefined) {
        method = (...args) => target.call(key, args);
        methods.set(key, method);
      }
      return method;
    },
    has: (_, key) => Object.hasOwn(members, key) || isMethod(key),
    set: () => false,
    defineProperty: () => false,
    deleteProperty: () => false,
    ownKeys: () => [],
    getOwnPropertyDescriptor: () => undefined,
    // A class's, or the codec would take it for plain data without properties.
    getPrototypeOf: () => RemoteProxy.prototype,
    preventExtensions: () => false,
  });
}

/** The results of an iterator, one call each; of all others a copy taken in one call: a dictionary's entries, else values. */
async function* iterate(target: Target, { exposed, typeid }: ProxyHandle): AsyncGenerator<unknown> {
  if (exposed.includes('next')) {
    yield* results(target, exposed.includes('return'));
    return;
  }
  const method = ['entries', 'values', 'copy'].find((name) => exposed.includes(name));
  if (method === undefined) throw new RemoteError(`A ${typeid} cannot be iterated over`);
  yield* (await target.call(method, [])) as Iterable<unknown>;
}

async function* results(target: Target, canReturn: boolean): AsyncGenerator<unknown> {
  let done: boolean | undefined;
  try {
    for (;;) {
      const step = (await target.call('next', [])) as IteratorResult<unknown>;
      done = step.done === true;
      if (done) return;
      yield step.value;
    }
  } finally {
    // Left early: what the iterator holds in the server goes. One that threw is over.
    if (done === false && canReturn) await target.call('return', []);
  }
}
