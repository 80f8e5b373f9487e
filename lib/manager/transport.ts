import { selectable } from '../select/selectable.js';
import type { SocketConnection } from '../sockets/socket-connection.js';
import type { Connection } from '../pipe/connection.js';
import { Wakefulness } from './wakefulness.js';

/**
 * How messages reach the other side: in order, whole, each way at its own pace. `receive` rejects with EOFError once the other side has
 * closed or died; a pending one keeps the process alive.
 */
export interface Transport {
  /** Whether both sides are on one machine and share memory. */
  readonly local: boolean;
  /** The name of the server. */
  readonly server: string;
  /** The longest message that the other side takes, in bytes. */
  readonly limit: number;
  /** Sends a copy of `bytes`, which may be overwritten as soon as this has returned. */
  send(bytes: Buffer): Promise<void>;
  /** The next message; its bytes are the caller's. */
  receive(): Promise<Buffer>;
  /** Whether the other side is known to have ended. For one who waits for no message: then there is none that it could hide. */
  over(): boolean;
  close(): void;
}

/** What both sides agreed on. */
export type Terms = Pick<Transport, 'server' | 'limit'>;

/**
 * Through shared memory. `socket` stays open beside it and carries nothing: the kernel closes it when the other side dies, and says so
 * at once, where a pipe finds that out within 100 ms. A message of more than `longest` bytes ends the session.
 */
export function pipeTransport(
  connection: Connection,
  socket: SocketConnection,
  terms: Terms,
  longest?: number,
): Transport {
  return {
    ...terms,
    local: true,
    send: (bytes) => connection.sendBytes(bytes),
    receive: () => connection.recvBytes(longest),
    over: () => hasEnded(socket),
    close: () => {
      connection.close();
      socket.close();
    },
  };
}

/** Resolves when the other side has closed `socket`, and what it had sent before through `connection` was taken. Never rejects. */
export async function otherSideGone(
  connection: Connection,
  socket: SocketConnection,
): Promise<void> {
  await socket.recv().catch(() => undefined);
  try {
    while (await connection.poll()) await new Promise((resolve) => setImmediate(resolve));
  } catch {
    // Closed meanwhile, here.
  }
}

/** Through a socket: Unix, TCP or TLS. `awake`: whether this side stays awake for a moment for the next message. */
export function socketTransport(
  connection: SocketConnection,
  local: boolean,
  terms: Terms,
  awake = false,
): Transport {
  const receive = () => connection.recvBytes();
  const wakefulness = awake ? new Wakefulness() : undefined;
  return {
    ...terms,
    local,
    send: (bytes) => connection.sendBytes(bytes),
    receive: wakefulness === undefined ? receive : () => wakefulness.during(receive),
    over: () => hasEnded(connection),
    close: () => connection.close(),
  };
}

/** Nothing but its end can come through a connection whose messages are all answers, while none is waited for. */
function hasEnded(connection: SocketConnection): boolean {
  try {
    return connection[selectable]().ready();
  } catch {
    return true;
  }
}
