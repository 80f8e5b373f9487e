import { statfsSync } from 'node:fs';
import { freemem } from 'node:os';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Pipe, Queue } from '../dist/index.js';
import { own, ownBoth } from './helpers/owned.js';
import { peer, said } from './helpers/sync.js';

const GiB = 2 ** 30;
const { bavail, bsize } = statfsSync('/dev/shm');
// The message, its copies while it is encoded and decoded, and the shared one.
const enough = bavail * bsize > 1.5 * GiB && freemem() > 6 * GiB;
const here = enough ? describe : describe.skip;

/** A pattern that meets no page in step: every page is another one. */
const pattern = Buffer.from(Array.from({ length: 65_537 }, (_, at) => (at * 31) ^ (at >> 8)));
const message = () => Buffer.alloc(GiB, pattern);
const check = `
  (bytes) => ({ bytes: bytes.length, sum: process.getBuiltinModule('node:zlib').crc32(bytes) })`;
const limit = 300_000;

here('a message of 1 GiB', () => {
  it(
    'goes through a queue whole, to another process',
    async () => {
      const queue = own(new Queue<Buffer | string>());
      const consumer = peer(
        queue,
        `const check = ${check};
       say(check(object.getSync()));
       say(object.getSync());`,
      );
      const sent = message();
      queue.putSync(sent);
      queue.putSync('behind it');
      expect(await said(consumer)).toEqual({ bytes: GiB, sum: crc32(sent) });
      expect(await said(consumer)).toBe('behind it');
    },
    limit,
  );

  it(
    'goes through a pipe as bytes',
    async () => {
      const [a, b] = ownBoth(Pipe());
      const consumer = peer(
        { toJSON: () => b.handOver() },
        `const check = ${check};
       say(check(object.recvBytesSync()));`,
      );
      const sent = message();
      await a.sendBytes(sent);
      expect(await said(consumer)).toEqual({ bytes: GiB, sum: crc32(sent) });
    },
    limit,
  );
});

describe('a message that is too large for its queue', () => {
  it('is refused by name, and what is smaller goes through', () => {
    const queue = own(new Queue<Buffer>({ maxBytes: 1 << 20 }));
    expect(() => queue.putSync(Buffer.alloc((1 << 20) + 1))).toThrow(
      expect.objectContaining({ code: 'ERR_MESSAGE_TOO_LARGE' }),
    );
    queue.putSync(Buffer.alloc(1 << 19, 7));
    expect(queue.getSync().equals(Buffer.alloc(1 << 19, 7))).toBe(true);
  });
});
