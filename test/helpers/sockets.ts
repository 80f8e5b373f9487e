import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import {
  type Address,
  Client,
  type ClientOptions,
  Listener,
  type ListenerOptions,
  type SocketConnection,
} from '../../dist/index.js';
import { own } from './owned.js';

/** A listener that the end of the test closes. */
export async function listen<T = unknown>(
  options?: ListenerOptions<T>,
  address?: Address,
): Promise<Listener<T>> {
  const listener = own(new Listener<T>(address, options));
  await listener.ready;
  return listener;
}

/** Both ends of a new connection: the client's, then the listener's. */
export async function connected<T = unknown>(
  listener: Listener<T>,
  options?: ClientOptions<T>,
): Promise<[SocketConnection<T>, SocketConnection<T>]> {
  const [near, far] = await Promise.all([Client<T>(listener.address, options), listener.accept()]);
  return [own(near), own(far)];
}

export const tcp: Address = { port: 0 };

/** A bare socket to a listener. */
export async function stranger(address: Address): Promise<Socket> {
  const socket =
    typeof address === 'string' ? connect(address) : connect(address.port, address.host);
  own({ close: () => socket.destroy() });
  socket.on('error', () => {
    // Being cut off is what most strangers are for.
  });
  await once(socket, 'connect');
  return socket;
}

/** A message as it is on the wire. */
export function frame(message: Buffer | string): Buffer {
  const payload = Buffer.from(message as string);
  const header = Buffer.alloc(4);
  header.writeInt32BE(payload.length);
  return Buffer.concat([header, payload]);
}

/** Reads the next message off a bare socket. */
export async function readFrame(socket: Socket): Promise<Buffer> {
  const length = (await readBytes(socket, 4)).readInt32BE();
  return readBytes(socket, length);
}

async function readBytes(socket: Socket, count: number): Promise<Buffer> {
  for (;;) {
    const bytes = socket.read(count) as Buffer | null;
    if (bytes !== null && bytes.length === count) return bytes;
    if (socket.readableEnded || socket.destroyed) throw new Error('the socket has ended');
    await Promise.race([once(socket, 'readable'), once(socket, 'end'), once(socket, 'close')]);
  }
}
