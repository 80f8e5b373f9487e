// Messages that prove themselves: number `n` of producer `p` has exactly one right size, priority and content, so a byte of another
// message, or of none, shows wherever it stands. A checksum travels along, made before the message went in.
import { crc32 } from 'node:zlib';
import { mix } from './random.mjs';

const sizes = {
  small: (hash) => hash % 200,
  middle: (hash) => 1000 + (hash % 50_000),
  large: (hash) => 70_000 + (hash % 900_000), // several pages of extents
  mixed(hash) {
    const kind = hash % 100 < 90 ? 'small' : hash % 100 < 98 ? 'middle' : 'large';
    return sizes[kind](hash >>> 7);
  },
};

function hashOf(p, n) {
  return mix(mix(p + 1) ^ n);
}

export function bodyOf(p, n, mixture) {
  const hash = hashOf(p, n);
  const size = sizes[mixture](hash);
  const pattern = Buffer.alloc(13); // meets no word, line or page in step
  pattern.writeUInt32LE(p, 0);
  pattern.writeUInt32LE(n, 4);
  pattern.writeUInt32LE(hash, 8);
  return size === 0 ? Buffer.alloc(0) : Buffer.alloc(size, pattern);
}

export function priorityOf(p, n) {
  return hashOf(p, n) % 3;
}

export function makeItem(p, n, mixture) {
  const body = bodyOf(p, n, mixture);
  return { p, n, body, sum: crc32(body) };
}

/** Throws unless it is an item that somebody made, whole. */
export function checkItem(item, mixture) {
  const { p, n, body, sum } = item;
  const named = Number.isInteger(p) && Number.isInteger(n) && Buffer.isBuffer(body);
  if (!named) throw new Error(`not an item: ${JSON.stringify(item)?.slice(0, 200)}`);
  const wanted = bodyOf(p, n, mixture);
  if (sum !== crc32(body) || !body.equals(wanted)) {
    const at = body.findIndex((byte, index) => byte !== wanted[index]);
    throw new Error(
      `item ${n} of producer ${p} arrived spoilt: ${body.length} bytes of ${wanted.length}, first wrong at ${at}, checksum ${sum} for ${crc32(body)}`,
    );
  }
}
