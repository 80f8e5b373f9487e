import { invalidArgType, outOfRange } from '../errors.js';
import { checkOptions } from '../options.js';

export interface RegisterOptions {
  /** The methods that proxies have. Default: the public methods of the object's class. */
  readonly exposed?: readonly string[] | undefined;
  /** Methods whose result stays in the server, and the registered name that its proxy is of. */
  readonly methodToTypeid?: Readonly<Record<string, string>> | undefined;
}

/** Makes an object in the server. `undefined` where a client only says what the server has. */
export type Factory = ((...args: never[]) => unknown) | (new (...args: never[]) => unknown);

/** What is registered under a name. */
export interface Registration {
  readonly typeid: string;
  readonly factory: Factory | undefined;
  readonly exposed: readonly string[] | undefined;
  readonly methodToTypeid: Readonly<Record<string, string>>;
}

const notMethods = new Set(['constructor', 'then', 'toJSON', 'dispose', 'handle', 'typeid']);

/** Whether a method of this name can be called through a proxy at all. */
export function mayBeExposed(name: string): boolean {
  return /^[A-Za-z$][\w$]*$/.test(name) && !notMethods.has(name);
}

/** @throws TypeError and RangeError for what cannot be registered */
export function readRegistration(
  typeid: unknown,
  factory: unknown,
  options: RegisterOptions | undefined,
): Registration {
  if (typeof typeid !== 'string') throw invalidArgType('typeid', 'a string', typeid);
  if (!mayBeExposed(typeid)) throw outOfRange('typeid', 'the name of a method', typeid);
  if (factory !== undefined && typeof factory !== 'function') {
    throw invalidArgType('factory', 'a function or a class', factory);
  }
  const given = checkOptions(options, ['exposed', 'methodToTypeid'], 'register');
  const { exposed, methodToTypeid = {} } = given;
  if (exposed !== undefined) {
    if (!Array.isArray(exposed)) throw invalidArgType('exposed', 'an array of names', exposed);
    for (const name of exposed as unknown[]) {
      if (typeof name !== 'string' || !mayBeExposed(name)) {
        throw outOfRange('exposed', 'names of public methods', name);
      }
    }
  }
  if (typeof methodToTypeid !== 'object' || methodToTypeid === null) {
    throw invalidArgType('methodToTypeid', 'an object of names', methodToTypeid);
  }
  for (const name of Object.values(methodToTypeid)) {
    if (typeof name !== 'string') throw invalidArgType('methodToTypeid', 'names', name);
  }
  return {
    typeid,
    factory: factory as Factory | undefined,
    exposed: exposed as string[] | undefined,
    methodToTypeid: { ...methodToTypeid } as Record<string, string>,
  };
}

/** Makes the object of a registration, by a class or by a function. */
export function make({ factory }: Registration, args: readonly unknown[]): unknown {
  if (isClass(factory)) return Reflect.construct(factory, args);
  return (factory as (...args: readonly unknown[]) => unknown)(...args);
}

function isClass(value: unknown): value is new (...args: readonly unknown[]) => unknown {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
}

export type Method = (...args: readonly unknown[]) => unknown;

/**
 * The methods of an object that a client may call. Without a list: its own functions where it is a plain object, else the methods of
 * its class and of the classes above it, but nothing that the language or the platform put there, and nothing that begins with `_`.
 */
export function methodsOf(
  object: unknown,
  exposed: readonly string[] | undefined,
): Map<string, Method> {
  const found = new Map<string, Method>();
  const add = (source: object) => {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(source))) {
      if (typeof value !== 'function' || found.has(name) || !mayBeExposed(name)) continue;
      if (exposed === undefined || exposed.includes(name)) found.set(name, value as Method);
    }
  };
  if (typeof object !== 'object' || object === null) return found;
  let level: object | null = object;
  if (isBuiltIn(Object.getPrototypeOf(object))) add(object);
  else level = Object.getPrototypeOf(object) as object | null;
  for (; level !== null && !isBuiltIn(level); level = Object.getPrototypeOf(level)) add(level);
  if (exposed !== undefined && level !== null) {
    // A list names what is meant, also of a Map or a Set; never of Object itself.
    for (; level !== null && level !== Object.prototype; level = Object.getPrototypeOf(level))
      add(level);
  }
  return found;
}

function isBuiltIn(prototype: object | null): boolean {
  if (prototype === null) return true;
  const { value } = Object.getOwnPropertyDescriptor(prototype, 'constructor') ?? {};
  return (
    typeof value === 'function' &&
    /\{\s*\[native code\]\s*\}$/.test(Function.prototype.toString.call(value))
  );
}
