import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { builtin } from '../builtin.js';
import { abortError, TimeoutError } from '../errors.js';
import { checkOptions, readWait, type Wait, type WaitOptions } from '../options.js';
import { after } from '../select/timer.js';
import {
  type Address,
  checkFamily,
  type Place,
  readAddress,
  refuseOpenNetwork,
  textOf,
} from './address.js';
import { SocketChannel } from './channel.js';
import { firstLimit, shakeHands } from './handshake.js';
import { SocketConnection } from './socket-connection.js';
import { socketError } from './socket-error.js';
import { limitSilence } from './silence.js';
import { readSocketOptions, type SocketOptions, socketOptionNames } from './socket-options.js';
import { connectTls, secured } from './tls-connect.js';
import type { TlsOptions } from './tls-options.js';

/** The options of `Client`. `timeout` and `signal` limit all of it, the connecting and the handshake. */
export type ClientOptions<T = unknown> = SocketOptions<T> & Omit<WaitOptions, 'block'>;

const optionNames = [...socketOptionNames, 'timeout', 'signal'];

/**
 * Connects to a `Listener`. With an `authkey`, the promise resolves when each side has proved to the other that it knows the key.
 * Python: `multiprocessing.connection.Client`.
 *
 * Rejects with the system's error, shaped as Node's own (`ENOENT` where no socket has the path, `ECONNREFUSED` where nobody listens,
 * `EACCES`, …); AuthenticationError where the keys differ, where the other side's certificate is not the right one, where the handshake fails or takes longer than `handshakeTimeout`, and for
 * TCP beyond this machine without an `authkey` or `insecure: true`; TimeoutError, AbortError; TypeError and RangeError for arguments.
 */
export async function Client<T = unknown>(
  address: Address,
  options?: ClientOptions<T>,
): Promise<SocketConnection<T>> {
  const given = checkOptions(options, optionNames, 'Client');
  const wait = readWait({ timeout: given['timeout'], signal: given['signal'] }, 'Client');
  const place = readAddress(address, 1);
  checkFamily(given['family'], place);
  const plan = readSocketOptions<T>(given, place);
  refuseOpenNetwork(place, plan.key, plan.insecure);
  if (wait.signal?.aborted) throw abortError(wait.signal);

  const shaped = (error: Error) => socketError(error, textOf(place));
  const socket = open(place, plan.tls);
  const limits = watchLimits(socket, wait);
  try {
    if (plan.tls === undefined) await connected(socket, place);
    else await secured(socket as TLSSocket, plan.tls, plan.timeout, shaped);
    limitSilence(socket, plan.keepAlive);
    const handshake = { ...plan, role: 'client' } as const;
    const channel = new SocketChannel(socket, firstLimit(handshake));
    await shakeHands(channel, handshake);
    return new SocketConnection(channel, plan.codec, 'path' in place);
  } catch (error) {
    socket.destroy();
    throw limits.reason() ?? error;
  } finally {
    limits.lift();
  }
}

function open(place: Place, tls: TlsOptions | undefined): Socket {
  if ('path' in place) return builtin.net.connect({ path: place.path });
  return tls === undefined ? builtin.net.connect({ ...place }) : connectTls(place, tls);
}

/** Ends the socket when a limit of the whole runs out, and remembers why. */
function watchLimits(socket: Socket, { timeout, signal }: Wait) {
  let reason: Error | undefined;
  const end = (error: Error) => {
    reason ??= error;
    socket.destroy();
  };
  const abort = () => end(abortError(signal as AbortSignal));
  signal?.addEventListener('abort', abort, { once: true });
  const cancel = after(timeout, () => end(new TimeoutError('Nobody answered in time')));
  return {
    reason: () => reason,
    lift: () => {
      signal?.removeEventListener('abort', abort);
      cancel();
    },
  };
}

function connected(socket: Socket, place: Place): Promise<void> {
  return new Promise((resolve, reject) => {
    socket
      .once('connect', resolve)
      .once('error', (error) => reject(socketError(error, textOf(place))))
      // Without an error: a limit ran out, which the caller knows of.
      .once('close', reject);
  });
}
