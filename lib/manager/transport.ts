import type { SocketConnection } from '../sockets/socket-connection.js';
import type { Connection } from '../pipe/connection.js';

/**
 * How messages reach the other side: in order, whole, each way at its own pace. `receive` rejects with EOFError once the other side has
 * closed or died; a pending one keeps the process alive.
 */
export interface Transport {
  /** Whether both sides are on one machine and share memory. */
  readonly local: boolean;
  /** Sends a copy of `bytes`, which may be overwritten as soon as this has returned. */
  send(bytes: Buffer): Promise<void>;
  /** The next message; its bytes are the caller's. */
  receive(): Promise<Buffer>;
  close(): void;
}

/** Through shared memory. */
export function pipeTransport(connection: Connection): Transport {
  return {
    local: true,
    send: (bytes) => connection.sendBytes(bytes),
    receive: () => connection.recvBytes(),
    close: () => connection.close(),
  };
}

/** Through a socket: Unix, TCP or TLS. */
export function socketTransport(connection: SocketConnection, local: boolean): Transport {
  return {
    local,
    send: (bytes) => connection.sendBytes(bytes),
    receive: () => connection.recvBytes(),
    close: () => connection.close(),
  };
}
