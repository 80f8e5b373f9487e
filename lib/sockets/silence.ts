import type { Socket } from 'node:net';
import { binding } from '../native.js';

/**
 * Has the system end a TCP connection whose other side's machine has not answered for `limit` milliseconds: it may have lost its power
 * or its network, which no packet tells. Does nothing for a Unix socket, whose other side is always heard of.
 */
export function limitSilence(socket: Socket, limit: number): void {
  if (socket.remotePort === undefined) return;
  // Node.js says no number of a socket otherwise.
  const { fd } = (socket as unknown as { _handle?: { fd?: unknown } })._handle ?? {};
  const limited = typeof fd === 'number' && fd >= 0 && binding.limitSilence(fd, limit);
  // Without the system's help: notices a silent peer while nothing is on the way to it.
  if (!limited) socket.setKeepAlive(true, limit / 2);
}
