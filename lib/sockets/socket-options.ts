import type { Codec } from '../codec/codec.js';
import { type CodecOption, resolveCodec } from '../codec/resolve.js';
import { invalidArgType, outOfRange } from '../errors.js';
import { readBoolean, readInteger } from '../options.js';
import { type Family, type Place, readKey } from './address.js';
import { readTls, type TlsOptions } from './tls-options.js';

/** What `Listener` and `Client` have in common. */
export interface SocketOptions<T> {
  /** The secret that both sides prove to know, before anything else is read. A string stands for its UTF-8. Default: none is asked for. */
  readonly authkey?: Uint8Array | string | undefined;
  /** How messages become bytes; both sides need the same. Default `'msgpack'`. */
  readonly codec?: CodecOption<T> | undefined;
  /** The longest message that may arrive, in bytes. Default 1 GiB. */
  readonly maxBytes?: number | undefined;
  /** Milliseconds that the authentication may take altogether. Default 10,000. */
  readonly handshakeTimeout?: number | undefined;
  /** Encrypts a TCP connection; both sides need it. The authkey is proved inside. */
  readonly tls?: TlsOptions | undefined;
  /**
   * TCP: milliseconds after which a connection counts as lost (`ETIMEDOUT`) whose other side's machine does not answer any more. Its
   * system answers, so a busy program is never taken for a dead one. At least 1000. Default 60,000.
   */
  readonly keepAlive?: number | undefined;
  /** Allows TCP beyond this machine without an `authkey`. Default `false`. */
  readonly insecure?: boolean | undefined;
  /** `'AF_UNIX'` or `'AF_INET'`: what the address has to be; for a listener without one, what is made. */
  readonly family?: Family | undefined;
}

export const socketOptionNames = [
  'authkey',
  'codec',
  'maxBytes',
  'handshakeTimeout',
  'tls',
  'keepAlive',
  'insecure',
  'family',
] as const;

const defaultMaxBytes = 1024 ** 3;
const defaultHandshakeTimeout = 10_000;
const defaultKeepAlive = 60_000;
const longestHandshake = 24 * 60 * 60 * 1000;

/** Options that were read and checked. */
export interface SocketPlan<T> {
  readonly key: Buffer | undefined;
  readonly codec: Codec<T>;
  readonly maxBytes: number;
  readonly timeout: number;
  readonly tls: TlsOptions | undefined;
  readonly keepAlive: number;
  readonly insecure: boolean;
}

export function readSocketOptions<T>(
  options: Readonly<Record<string, unknown>>,
  place: Place | undefined,
): SocketPlan<T> {
  const { authkey, codec, maxBytes, handshakeTimeout, tls, keepAlive, insecure } = options;
  return {
    key: readKey(authkey),
    codec: resolveCodec(codec) as Codec<T>,
    maxBytes: readMaxBytes(maxBytes),
    timeout: readHandshakeTimeout(handshakeTimeout),
    tls: readTls(tls, place),
    keepAlive: readKeepAlive(keepAlive),
    insecure: readBoolean(insecure, 'insecure', false),
  };
}

function readMaxBytes(maxBytes: unknown): number {
  if (maxBytes === undefined) return defaultMaxBytes;
  return maxBytes === Infinity ? Number.MAX_SAFE_INTEGER : readInteger(maxBytes, 'maxBytes', 1);
}

function readKeepAlive(keepAlive: unknown): number {
  if (keepAlive === undefined) return defaultKeepAlive;
  return readInteger(keepAlive, 'keepAlive', 1000, longestHandshake);
}

/** Never without end: a stranger could hold on for ever. */
export function readHandshakeTimeout(timeout: unknown): number {
  if (timeout === undefined) return defaultHandshakeTimeout;
  if (typeof timeout !== 'number' || Number.isNaN(timeout))
    throw invalidArgType('handshakeTimeout', 'a number of milliseconds', timeout);
  if (timeout <= 0 || timeout > longestHandshake)
    throw outOfRange('handshakeTimeout', `more than 0 and at most ${longestHandshake}`, timeout);
  return timeout;
}
