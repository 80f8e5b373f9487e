import type { Socket } from 'node:net';
import type { Server, TLSSocket } from 'node:tls';
import { builtin } from '../builtin.js';
import { AuthenticationError } from '../errors.js';
import { type Coded, invalidArgType, outOfRange } from '../errors.js';
import { coded } from '../argument-errors.js';
import { authorities, bytesOf, type Pem, type TlsOptions } from './tls-options.js';

export interface TlsGatePlan {
  readonly tls: TlsOptions;
  /** Milliseconds that the handshake of TLS may take. */
  readonly timeout: number;
  onSecure(socket: TLSSocket): void;
  onFailed(error: AuthenticationError): void;
}

/** The TLS of a listener: takes sockets that have connected, and gives them back when they are encrypted. */
export class TlsGate {
  readonly #server: Server;
  /** Those in the handshake, by where they come from: TLS gives back another object. */
  readonly #pending = new Map<string, Socket>();

  /** @throws TypeError where key or certificate is missing, RangeError where they are none or do not belong together, and for what only who connects can use */
  constructor({ tls, timeout, onSecure, onFailed }: TlsGatePlan) {
    const { key, cert, ca } = tls;
    if (key === undefined || cert === undefined)
      throw invalidArgType('tls', 'given with key and cert, to listen', Object.keys(tls));
    for (const name of ['servername', 'fingerprint'] as const) {
      if (tls[name] !== undefined)
        throw outOfRange(
          `tls.${name}`,
          'left out where one listens: give it to who connects',
          tls[name],
        );
    }
    this.#server = makeServer({ ...tls, key, cert, timeout });
    const own = new builtin.crypto.X509Certificate(bytesOf(cert)).fingerprint256;
    this.#server
      .on('secureConnection', (socket) => {
        this.#pending.delete(originOf(socket));
        if (ca === undefined || isKnown(socket, own)) onSecure(socket);
        else {
          onFailed(new AuthenticationError(`The client's certificate is ${flawOf(socket)}`));
          socket.destroy();
        }
      })
      .on('tlsClientError', (cause, socket) => {
        socket.destroy();
        onFailed(
          new AuthenticationError(`The handshake of TLS failed. ${cause.message}`, { cause }),
        );
      });
  }

  /** How many are in the handshake. */
  get size(): number {
    return this.#pending.size;
  }

  /** Begins the handshake, which ends in `onSecure` or `onFailed`. */
  enter(socket: Socket): void {
    const origin = originOf(socket);
    this.#pending.set(origin, socket);
    socket.once('close', () => {
      if (this.#pending.get(origin) === socket) this.#pending.delete(origin);
    });
    socket.unref();
    this.#server.emit('connection', socket);
  }

  /** Turns away whoever is in the handshake. */
  close(): void {
    for (const socket of this.#pending.values()) socket.destroy();
    this.#pending.clear();
  }
}

/** What no two connections of a listener have in common. */
function originOf({ localAddress, remoteAddress, remotePort }: Socket): string {
  return `${localAddress} ${remoteAddress} ${remotePort}`;
}

/** Whoever has the listener's own certificate has its key, whatever else that certificate is for. */
function isKnown(socket: TLSSocket, own: string): boolean {
  return socket.authorized || socket.getPeerX509Certificate()?.fingerprint256 === own;
}

function flawOf(socket: TLSSocket): string {
  if (socket.getPeerX509Certificate() === undefined) return 'missing';
  return `not one that is trusted here: ${String(socket.authorizationError)}`;
}

interface Credentials extends TlsOptions {
  readonly key: Pem;
  readonly cert: Pem;
  readonly timeout: number;
}

function makeServer({ key, cert, passphrase, ca, timeout }: Credentials): Server {
  try {
    return builtin.tls.createServer({
      key: bytesOf(key),
      cert: bytesOf(cert),
      // Whom to let in is decided by `isKnown`, once the handshake is over.
      ...(ca === undefined ? {} : { ca: authorities(ca), requestCert: true }),
      rejectUnauthorized: false,
      allowPartialTrustChain: true,
      ...(passphrase === undefined ? {} : { passphrase }),
      handshakeTimeout: timeout,
      minVersion: 'TLSv1.2',
      pauseOnConnect: true,
    });
  } catch (cause) {
    throw unusable(cause as Error);
  }
}

/** OpenSSL's reason; never the key. */
export function unusable(cause: Error): Coded<RangeError> {
  return coded(
    new RangeError(`The key or the certificates of tls cannot be used. ${cause.message}`, {
      cause,
    }),
    'ERR_OUT_OF_RANGE',
  );
}
