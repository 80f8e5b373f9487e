import { type InterprocError, systemError } from '../errors.js';

interface SocketError extends NodeJS.ErrnoException {
  readonly address?: string;
  readonly port?: number;
  readonly errors?: readonly Error[];
}

/** An error of a socket as this package's own; `code`, `errno`, `syscall`, `address` and `port` stay as Node.js gave them. */
export function socketError(error: Error, path?: string): InterprocError {
  // A host with several addresses fails with all of their errors: they differ in the address alone.
  const { errors } = error as SocketError;
  const first = (errors?.[0] ?? error) as SocketError;
  const { code = 'EIO', errno, syscall, address, port } = first;
  const shaped = systemError({ code, errno, syscall, path: path ?? address });
  if (address !== undefined) Object.assign(shaped, { address });
  if (port !== undefined) Object.assign(shaped, { port });
  return shaped;
}

/** The ways to learn that the other process is no more, or has closed its end. */
export function isGone(error: Error): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ECONNRESET' || code === 'EPIPE' || code === 'ECONNABORTED';
}
