import { invalidArgType, outOfRange } from '../errors.js';
import { checkOptions } from '../options.js';
import type { Place } from './address.js';

/** A certificate or key in PEM; a file may hold several one after the other. */
export type Pem = string | Uint8Array;

/** TLS around a TCP connection. The names are those of `node:tls`. */
export interface TlsOptions {
  /** The private key of `cert`. Who listens needs both; who connects, where clients are asked for a certificate. */
  readonly key?: Pem | undefined;
  /** The certificate that the other side is shown, with those between it and its authority. */
  readonly cert?: Pem | undefined;
  /** What opens an encrypted `key`. */
  readonly passphrase?: string | undefined;
  /**
   * The authorities that the other side's certificate may be of, or that certificate itself. Who connects: default are those that Node.js
   * knows. Who listens: clients have to show a certificate then, of one of these or the listener's own; default is to ask for none.
   */
  readonly ca?: Pem | readonly Pem[] | undefined;
  /** Who connects: the name that the certificate has to be for. Default: the address's host. Who listens is refused with it. */
  readonly servername?: string | undefined;
  /**
   * Who connects: the certificate's SHA-256, as `X509Certificate.fingerprint256` has it. Then this alone decides, and neither `ca` nor
   * any name matters. Who listens is refused with it.
   */
  readonly fingerprint?: string | undefined;
}

const names = ['key', 'cert', 'passphrase', 'ca', 'servername', 'fingerprint'];

/** @throws TypeError and RangeError, which never show a key */
export function readTls(tls: unknown, place: Place | undefined): TlsOptions | undefined {
  if (tls === undefined) return undefined;
  if (typeof tls !== 'object' || tls === null) throw invalidArgType('tls', 'an object', tls);
  const given = checkOptions(tls, names, 'tls');
  for (const name of ['key', 'cert'] as const) checkPem(given[name], name);
  const { ca, fingerprint } = given;
  for (const one of Array.isArray(ca) ? (ca as unknown[]) : [ca]) checkPem(one, 'ca');
  for (const name of ['passphrase', 'servername', 'fingerprint'] as const) {
    if (given[name] !== undefined && typeof given[name] !== 'string')
      throw invalidArgType(`tls.${name}`, 'a string', typeof given[name]);
  }
  if (fingerprint !== undefined && !/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/.test(fingerprint as string))
    throw outOfRange('tls.fingerprint', '32 bytes such as AB:CD:…', fingerprint);
  if (place === undefined || 'path' in place)
    throw outOfRange('address', '{ host, port } with tls: a Unix socket has no use for it', place);
  return given as TlsOptions;
}

function checkPem(value: unknown, name: string): void {
  if (value !== undefined && typeof value !== 'string' && !(value instanceof Uint8Array))
    throw invalidArgType(`tls.${name}`, 'PEM as a string or bytes', typeof value);
}

/** As OpenSSL takes them. */
export function authorities(ca: Pem | readonly Pem[]): Buffer[] {
  return (Array.isArray(ca) ? (ca as readonly Pem[]) : [ca as Pem]).map(bytesOf);
}

export function bytesOf(pem: Pem): Buffer {
  return Buffer.from(pem as Uint8Array);
}
