import { builtin } from '../builtin.js';
import { AuthenticationError } from '../errors.js';
import type { Wait } from '../options.js';
import { blocked } from '../waiting/lane.js';
import type { SocketChannel } from './channel.js';
import { frameOf } from './framing.js';

/*
 * The exchange of Python 3.12's multiprocessing.connection, with SHA-256 alone. Each side proves that it knows the key, the client
 * first:
 *
 *   A -> B   #CHALLENGE#{sha256}<40 bytes>
 *   B -> A   {sha256}<HMAC of everything behind #CHALLENGE#>
 *   A -> B   #WELCOME# or #FAILURE#
 *
 * A client answers before it is answered. Were its challenges like those of a listener, one who plays the listener to two clients
 * could have each answer the other's. So ours can be told apart by who has the key, and nobody else: sixteen of the forty bytes are
 * an HMAC of the others and of the maker's role. Nobody answers a challenge made in its own role.
 */
export type Role = 'listener' | 'client';

/** The longest message before both sides are sure of each other, in bytes. */
export const handshakeLimit = 256;

const challengePrefix = Buffer.from('#CHALLENGE#');
const welcome = Buffer.from('#WELCOME#');
const failure = Buffer.from('#FAILURE#');
const digestName = Buffer.from('{sha256}');
const randomLength = 24;
const markLength = 16;
/** Less would not be unpredictable enough. */
const shortestChallenge = digestName.length + 20;

const forEver: Wait = { timeout: Infinity };

/** Proves to each other that both sides know the key. @throws AuthenticationError; what the channel throws */
export async function authenticate(channel: SocketChannel, key: Buffer, role: Role): Promise<void> {
  if (role === 'listener') {
    await challenge(channel, key, role);
    await answer(channel, key, role);
  } else {
    await answer(channel, key, role);
    await challenge(channel, key, role);
  }
}

async function challenge(channel: SocketChannel, key: Buffer, role: Role): Promise<void> {
  const random = builtin.crypto.randomBytes(randomLength);
  const message = Buffer.concat([digestName, random, markOf(key, role, random)]);
  await send(channel, challengePrefix, message);
  const response = await receive(channel);
  const expected = Buffer.concat([digestName, digestOf(key, message)]);
  if (response.length === expected.length && builtin.crypto.timingSafeEqual(response, expected)) {
    await send(channel, welcome);
    return;
  }
  await send(channel, failure);
  throw new AuthenticationError('The other side does not know the authkey');
}

async function answer(channel: SocketChannel, key: Buffer, role: Role): Promise<void> {
  const message = await receive(channel);
  if (!startsWith(message, challengePrefix))
    throw new AuthenticationError('The other side sent no challenge. Does it have an authkey?');
  const body = message.subarray(challengePrefix.length);
  if (!startsWith(body, digestName) || body.length < shortestChallenge)
    throw new AuthenticationError('The other side asks for another digest than SHA-256');
  refuseOwn(body.subarray(digestName.length), key, role);
  await send(channel, digestName, digestOf(key, body));
  if (!(await receive(channel)).equals(welcome))
    throw new AuthenticationError('The other side refused the digest sent: the authkeys differ');
}

function refuseOwn(nonce: Buffer, key: Buffer, role: Role): void {
  if (nonce.length !== randomLength + markLength) return;
  const random = nonce.subarray(0, randomLength);
  if (builtin.crypto.timingSafeEqual(nonce.subarray(randomLength), markOf(key, role, random)))
    throw new AuthenticationError(`The challenge is one that a ${role} made: somebody reflects it`);
}

function markOf(key: Buffer, role: Role, random: Buffer): Buffer {
  // Never a digest that a challenge asks for: those begin with a brace.
  const message = Buffer.concat([Buffer.from(`interproc challenge by a ${role}:`), random]);
  return digestOf(key, message).subarray(0, markLength);
}

function digestOf(key: Buffer, message: Buffer): Buffer {
  return builtin.crypto.createHmac('sha256', key).update(message).digest();
}

function startsWith(bytes: Buffer, prefix: Buffer): boolean {
  return bytes.subarray(0, prefix.length).equals(prefix);
}

function send(channel: SocketChannel, ...parts: Buffer[]): Promise<void> {
  return channel.send(frameOf(Buffer.concat(parts)), forEver);
}

function receive(channel: SocketChannel): Promise<Buffer> {
  const take = () => {
    const message = channel.next();
    return message === blocked ? blocked : Buffer.from(message);
  };
  return channel.receive(take, forEver);
}
