import type { SecureContext, TLSSocket } from 'node:tls';
import { builtin } from '../builtin.js';
import { AuthenticationError, TimeoutError } from '../errors.js';
import { after } from '../select/timer.js';
import { unusable } from './tls-gate.js';
import { authorities, bytesOf, type TlsOptions } from './tls-options.js';

/** Begins to connect; `secured` waits for the end of that. @throws RangeError for keys and certificates that are none */
export function connectTls(place: { host: string; port: number }, tls: TlsOptions): TLSSocket {
  const { host, port } = place;
  const name = tls.servername ?? host;
  return builtin.tls.connect({
    host,
    port,
    secureContext: contextOf(tls),
    // A fingerprint is looked at in `secured`, before anything is sent.
    rejectUnauthorized: tls.fingerprint === undefined,
    ...(builtin.net.isIP(name) === 0 ? { servername: name } : {}),
  });
}

/**
 * Resolves when the connection is encrypted and the other side's certificate is right. Rejects with AuthenticationError where it is
 * not, where the other side does not speak TLS, or takes longer than `timeout`; with `systemError(error)` where none came about.
 */
export async function secured(
  socket: TLSSocket,
  { fingerprint }: TlsOptions,
  timeout: number,
  systemError: (error: Error) => Error,
): Promise<void> {
  let late: TimeoutError | undefined;
  const cancel = after(timeout, () => {
    late = new TimeoutError(`The handshake of TLS took longer than ${timeout} ms`);
    socket.destroy(late);
  });
  try {
    await new Promise<void>((resolve, reject) => {
      socket
        .once('secureConnect', resolve)
        .once('error', (error) => reject('syscall' in error ? systemError(error) : failed(error)))
        .once('close', () => reject(failed(late ?? new Error('The connection was closed'))));
    });
  } finally {
    cancel();
  }
  const found = socket.getPeerX509Certificate()?.fingerprint256;
  if (fingerprint !== undefined && fingerprint !== found) {
    socket.destroy();
    throw failed(new Error(`The certificate has the fingerprint ${found ?? 'of none'}`));
  }
}

function contextOf({ ca, key, cert, passphrase }: TlsOptions): SecureContext {
  try {
    return builtin.tls.createSecureContext({
      ...(ca === undefined ? {} : { ca: authorities(ca) }),
      ...(key === undefined ? {} : { key: bytesOf(key) }),
      ...(cert === undefined ? {} : { cert: bytesOf(cert) }),
      ...(passphrase === undefined ? {} : { passphrase }),
      minVersion: 'TLSv1.2',
      // What `ca` names is trusted, also where it is no authority itself.
      allowPartialTrustChain: true,
    });
  } catch (cause) {
    throw unusable(cause as Error);
  }
}

function failed(cause: Error): AuthenticationError {
  return new AuthenticationError(`The handshake of TLS failed. ${cause.message}`, { cause });
}
