import { builtin } from '../builtin.js';
import { AuthenticationError, invalidArgType, outOfRange } from '../errors.js';
import { checkOptions, readInteger } from '../options.js';

/**
 * Where a listener listens: the path of a Unix socket, which begins with a NUL character for one in the abstract namespace; or a host
 * and a port, `127.0.0.1` where the host is left out.
 */
export type Address = string | { readonly host?: string | undefined; readonly port: number };

/** An address that was read and checked. */
export type Place = { readonly path: string } | { readonly host: string; readonly port: number };

/** Python's names of the two kinds of sockets. */
export type Family = 'AF_UNIX' | 'AF_INET';

/** The longest path that fits into the kernel's address, in bytes. */
const longestPath = 107;

/** @throws TypeError for what is no address, RangeError for one that cannot be */
export function readAddress(address: unknown, lowestPort: number): Place {
  if (typeof address === 'string') return { path: readPath(address) };
  if (typeof address !== 'object' || address === null || Array.isArray(address))
    throw invalidArgType('address', 'a path or { host, port }', address);
  const { host = '127.0.0.1', port } = checkOptions(address, ['host', 'port'], 'address');
  if (typeof host !== 'string') throw invalidArgType('address.host', 'a string', host);
  if (!/^[^\s\0/]{1,255}$/.test(host)) throw outOfRange('address.host', 'a host', host);
  return { host, port: readInteger(port, 'address.port', lowestPort, 65_535) };
}

function readPath(path: string): string {
  const length = Buffer.byteLength(path);
  if (length > longestPath) throw outOfRange('address', `at most ${longestPath} bytes long`, path);
  if (path === '' || path === '\0' || path.indexOf('\0', 1) > 0)
    throw outOfRange('address', 'a path, or a name behind a NUL character', path);
  return path;
}

/** @throws TypeError, and RangeError for another family than the address's */
export function checkFamily(family: unknown, place: Place | undefined): Family | undefined {
  if (family === undefined) return undefined;
  if (typeof family !== 'string') throw invalidArgType('family', 'a string', family);
  if (family !== 'AF_UNIX' && family !== 'AF_INET')
    throw outOfRange('family', "'AF_UNIX' or 'AF_INET'", family);
  if (place !== undefined && 'path' in place !== (family === 'AF_UNIX'))
    throw outOfRange('family', 'that of the address', family);
  return family;
}

/** The bytes of a key; a string stands for its UTF-8. The copy is the caller's alone. */
export function readKey(authkey: unknown): Buffer | undefined {
  if (authkey === undefined) return undefined;
  if (typeof authkey === 'string') return Buffer.from(authkey);
  if (authkey instanceof Uint8Array) return Buffer.from(authkey);
  throw invalidArgType('authkey', 'bytes or a string', authkey);
}

export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  if (name === 'localhost' || name === '::1') return true;
  const four = name.startsWith('::ffff:') ? name.slice(7) : name;
  return builtin.net.isIP(four) === 4 && four.startsWith('127.');
}

/** Whoever can reach the socket could speak on it: off this machine only with a key, or where the caller says so. */
export function refuseOpenNetwork(place: Place, key: Buffer | undefined, insecure: boolean): void {
  if ('path' in place || insecure || (key?.length ?? 0) > 0 || isLoopback(place.host)) return;
  throw new AuthenticationError(
    `Without an authkey, ${place.host} would be open to everybody who can reach it. Give an authkey, or say insecure: true`,
  );
}

/** What errors call it. */
export function textOf(place: Place): string {
  return 'path' in place ? place.path : `${place.host}:${place.port}`;
}
