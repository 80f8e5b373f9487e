import { AuthenticationError, RemoteError } from '../errors.js';
import { type Address, readAddress } from '../sockets/address.js';
import { Client } from '../sockets/client.js';
import type { TlsOptions } from '../sockets/tls-options.js';
import { processAuthkey } from './authkey.js';
import { ended } from './client-errors.js';
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
  /** Milliseconds that the handshakes may take: that of TLS, the proof of the key, the agreement on what comes then. Default 10,000. */
  readonly handshakeTimeout?: number | undefined;
  /**
   * Connect again when the connection was lost, for the next call on the manager or on one of its proxies. The calls that were pending
   * have failed, and are not repeated. Default `false`: every later call fails as they did.
   */
  readonly reconnect?: boolean | undefined;
}

export const usualHandshakeTimeout = 10_000;

/** Connects and authenticates. Rejects as `Client` does. */
export async function openTransport(address: Address, options: ConnectOptions): Promise<Transport> {
  const { insecure = false, sharedMemory = true, tls, keepAlive } = options;
  const { handshakeTimeout = usualHandshakeTimeout } = options;
  const authkey = options.authkey ?? (insecure ? undefined : processAuthkey());
  const socket = await Client(address, { authkey, insecure, tls, keepAlive, handshakeTimeout });
  try {
    const hello: Hello = { interproc: 1, sharedMemory };
    await socket.send(hello);
    const { pipe, ...terms } = (await socket.recv({ timeout: handshakeTimeout })) as Welcome;
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
  const { reconnect = false } = options;
  let connected = false;
  const connect = async () => {
    try {
      const transport = await openTransport(address, options);
      connected = true;
      return transport;
    } catch (cause) {
      if (!connected || cause instanceof AuthenticationError) throw cause;
      throw new RemoteError('The server of the manager cannot be reached again', { cause });
    }
  };
  return new ClientSession(connect, proxyFor, { reconnect });
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
  throw ended();
}

/** A proxy by a connection of this process to the server that the handle names; it counts as a reference of its own. */
export function attachProxy(handle: ProxyHandle): ProxyBase {
  readAddress(handle.address, 1);
  let session = sessions.get(handle.name);
  if (session === undefined || session.closed) {
    session = new ClientSession(() => openTransportTo(handle), proxyFor, { forProxies: true });
    sessions.set(handle.name, session);
  }
  // Where that fails, so does every call on the proxy, and says why.
  session.call(serverObject, 'attach', [handle.name, handle.object]).promise.catch(() => undefined);
  return makeProxy(session, handle);
}
