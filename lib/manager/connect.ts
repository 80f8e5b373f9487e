import { AuthenticationError, RemoteError } from '../errors.js';
import { type Address, readAddress } from '../sockets/address.js';
import { Client } from '../sockets/client.js';
import type { TlsOptions } from '../sockets/tls-options.js';
import { processAuthkey } from './authkey.js';
import { ClientSession } from './client-session.js';
import { makeProxy, type ProxyBase } from './proxy.js';
import { type ProxyHandle, readProxyHandle } from './reference.js';
import type { Hello, Welcome } from './server.js';
import { pipeTransport, socketTransport, type Transport } from './transport.js';
import { currentReader, serverObject } from './wire.js';

export interface ConnectOptions {
  readonly authkey?: string | Uint8Array | undefined;
  /** A TCP connection without a key. */
  readonly insecure?: boolean | undefined;
  /** Encrypts a TCP connection: what `Client` takes. */
  readonly tls?: TlsOptions | undefined;
  /** TCP: milliseconds after which a connection counts as lost whose other side's machine is silent. Default 60,000. */
  readonly keepAlive?: number | undefined;
  /** Go through shared memory where the server is on this machine. Default `true`. */
  readonly sharedMemory?: boolean | undefined;
}

/** Connects and authenticates. Rejects as `Client` does. */
export async function openTransport(address: Address, options: ConnectOptions): Promise<Transport> {
  const { insecure = false, sharedMemory = true, tls, keepAlive } = options;
  const authkey = options.authkey ?? (insecure ? undefined : processAuthkey());
  const socket = await Client(address, { authkey, insecure, tls, keepAlive });
  try {
    const hello: Hello = { interproc: 1, sharedMemory };
    await socket.send(hello);
    const { pipe, ...terms } = (await socket.recv({ timeout: 10_000 })) as Welcome;
    if (pipe === null) return socketTransport(socket, typeof address === 'string', terms);
    await socket.send('attached');
    return pipeTransport(pipe, socket, terms);
  } catch (cause) {
    socket.close();
    if (cause instanceof AuthenticationError) throw cause;
    throw new RemoteError('Whoever listens at the address is no manager of ours', { cause });
  }
}

export function openSession(address: Address, options: ConnectOptions): ClientSession {
  return new ClientSession(openTransport(address, options), proxyFor);
}

/** A message of a server may carry proxies of others, too. */
function proxyFor(session: ClientSession, handle: ProxyHandle): ProxyBase {
  return handle.name === session.server ? makeProxy(session, handle) : attachProxy(handle);
}

/** The sessions of proxies that arrived in messages, by the server that they are of. */
const sessions = new Map<string, ClientSession>();

/**
 * A proxy for the object that a handle names. In a message of a manager it is one of that connection; anywhere else this process
 * connects to the manager, with its own authkey, when the proxy is used for the first time.
 * @throws TypeError for what is no handle
 */
export function openProxy(handle: unknown): ProxyBase {
  const read = readProxyHandle(handle);
  const reader = currentReader();
  return reader === undefined ? attachProxy(read) : (reader.resolve(read) as ProxyBase);
}

/** Connects to the server that a handle names, and to no successor at its address, where the same number is another object. */
async function openTransportTo({ address, name }: ProxyHandle): Promise<Transport> {
  const transport = await openTransport(address, {});
  if (transport.server === name) return transport;
  transport.close();
  throw new RemoteError('The manager that this proxy is of has ended; another is at its address');
}

/** A proxy by a connection of this process to the server that the handle names; it counts as a reference of its own. */
export function attachProxy(handle: ProxyHandle): ProxyBase {
  readAddress(handle.address, 1);
  let session = sessions.get(handle.name);
  if (session === undefined || session.closed) {
    session = new ClientSession(openTransportTo(handle), proxyFor, true);
    sessions.set(handle.name, session);
  }
  // Where that fails, so does every call on the proxy, and says why.
  session.call(serverObject, 'attach', [handle.name, handle.object]).promise.catch(() => undefined);
  return makeProxy(session, handle);
}
