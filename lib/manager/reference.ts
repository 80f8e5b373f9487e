import { invalidArgType } from '../errors.js';
import { type Address, readAddress } from '../sockets/address.js';

/** Plain data that leads to an object in a manager's server, from any process that has the manager's authkey. */
export interface ProxyHandle {
  readonly interproc: 1;
  readonly kind: 'proxy';
  /** The server's own name, made up at its start: a server that came later at the same address has another. */
  readonly name: string;
  readonly object: number;
  readonly typeid: string;
  readonly exposed: readonly string[];
  /** Which methods its proxies have of their own, where they have any. */
  readonly face?: string;
  readonly address: Address;
}

/** What everything that stands for an object in a server has: proxies in clients, references in the server. */
export const proxyHandle = Symbol('interproc.proxyHandle');

export function isReference(value: object): boolean {
  return proxyHandle in value;
}

/** @throws TypeError for what is no handle of a proxy */
export function readProxyHandle(handle: unknown): ProxyHandle {
  const { interproc, kind, name, object, typeid, exposed, face, address } = (handle ??
    {}) as Record<string, unknown>;
  if (
    interproc !== 1 ||
    kind !== 'proxy' ||
    typeof name !== 'string' ||
    !/^[0-9a-f]{16,64}$/.test(name) ||
    !Number.isSafeInteger(object) ||
    (object as number) < 1 ||
    typeof typeid !== 'string' ||
    !Array.isArray(exposed) ||
    !exposed.every((method) => typeof method === 'string') ||
    !(face === undefined || typeof face === 'string')
  ) {
    throw invalidArgType('handle', 'the handle of a proxy', handle);
  }
  readAddress(address, 1);
  return {
    interproc,
    kind,
    name,
    object: object as number,
    typeid,
    exposed: exposed as string[],
    ...(face === undefined ? {} : { face }),
    address: address as Address,
  };
}
