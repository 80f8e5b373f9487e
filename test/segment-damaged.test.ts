import { deepStrictEqual, strictEqual } from 'node:assert';
import { readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  attach,
  CorruptSegmentError,
  LayoutMismatchError,
  Lock,
  Queue,
  SharedArray,
  Value,
} from '../dist/index.js';
import { failure, nameFor, pathOf, present, run } from './helpers/segments.js';

/** Persistent segments that nobody is attached to: their bytes can be changed, and no sweep takes them away. */
const kinds = {
  queue: `new ip.Queue({ ...named, capacity: 4096 }).putNowait(1)`,
  pipe: `ip.Pipe({ ...named, capacity: 4096 })[1].handOver()`,
  value: `new ip.Value('i', 7, named)`,
  array: `new ip.SharedArray('i', [1, 2, 3], named)`,
  lock: `new ip.Lock(named)`,
};
type Kind = keyof typeof kinds;

const openers: Record<Kind, (name: string) => { close(): void }> = {
  queue: Queue.open,
  pipe: (name) => attach({ interproc: 1, kind: 'connection', name, end: 1 }) as Queue,
  value: Value.open,
  array: SharedArray.open,
  lock: Lock.open,
};

type Damage = [what: string, code: string, change: (bytes: Buffer) => Buffer | undefined];
const body = 256 + 256 * 64;
const mismatch = 'ERR_LAYOUT_MISMATCH';
const corrupt = 'ERR_CORRUPT_SEGMENT';

const u32 = (at: number, value: number) => (bytes: Buffer) => {
  bytes.writeUInt32LE(value, at);
  return undefined;
};
const u64 = (at: number, value: bigint) => (bytes: Buffer) => {
  bytes.writeBigUInt64LE(value, at);
  return undefined;
};

const ofAll: Damage[] = [
  ['foreign bytes', mismatch, () => Buffer.from('not ours at all, and rather short')],
  ['foreign bytes as long as a segment', mismatch, (bytes) => Buffer.alloc(bytes.length, 'x')],
  ['no bytes', mismatch, () => Buffer.alloc(0)],
  ['a few bytes', mismatch, (bytes) => bytes.subarray(0, 7)],
  ['another magic', mismatch, u32(0, 0x12345678)],
  ['an older layout version', mismatch, u32(8, 0)],
  ['a newer layout version', mismatch, u32(8, 2)],
  ['a required feature that nobody knows', mismatch, u32(16, 0x80000000)],
  ['the other byte order', mismatch, u32(24, 0x04030201)],
  ['no kind', mismatch, u32(12, 0)],
  ['a kind of the future', mismatch, u32(12, 77)],
  ['another header size', corrupt, u32(28, 512)],
  ['a total size of nothing', corrupt, u64(32, 0n)],
  ['a total size within the header', corrupt, u64(32, 255n)],
  ['a total size beyond the file', corrupt, u64(32, 1n << 30n)],
  ['a total size beyond all files', corrupt, u64(32, (1n << 64n) - 1n)],
  ['another number of participants', corrupt, u32(40, 257)],
  ['another stride of participants', corrupt, u32(44, 32)],
  ['participants elsewhere', corrupt, u64(48, 0n)],
  ['a body elsewhere', corrupt, u64(56, (1n << 64n) - 8n)],
  ['options beyond the end', corrupt, u64(64, 1n << 62n)],
  ['options that reach beyond the end', corrupt, u32(72, 0xffff)],
  ['options that wrap around', corrupt, u64(64, (1n << 64n) - 1n)],
  ['a tail that was cut off', corrupt, (bytes) => bytes.subarray(0, bytes.length - 4096)],
  ['a tail of which one byte was cut off', corrupt, (bytes) => bytes.subarray(0, total(bytes) - 1)],
  [
    'options that are no JSON',
    corrupt,
    (bytes) => {
      bytes.fill(0xff, meta(bytes), meta(bytes) + bytes.readUInt32LE(72));
      return undefined;
    },
  ],
  [
    'options that are JSON, but no object',
    corrupt,
    (bytes) => {
      bytes.fill(' ', meta(bytes), meta(bytes) + bytes.readUInt32LE(72));
      bytes.write('[]', meta(bytes));
      return undefined;
    },
  ],
  ['no options', corrupt, u32(72, 0)],
];

function total(bytes: Buffer): number {
  return Number(bytes.readBigUInt64LE(32));
}
function meta(bytes: Buffer): number {
  return Number(bytes.readBigUInt64LE(64));
}

/** Channels have a ring, which is checked before it is used. */
const ofChannel = (channel: number): Damage[] => [
  ['a ring beyond the end', corrupt, u64(channel, 1n << 40n)],
  ['a ring over the header', corrupt, u64(channel, 0n)],
  ['a ring out of line', corrupt, u64(channel, BigInt(body) + 1024n + 4n)],
  ['a ring that wraps around', corrupt, u64(channel, (1n << 64n) - 128n)],
  ['a ring of no power of two', corrupt, u64(channel + 8, 4095n)],
  ['a ring larger than the segment', corrupt, u64(channel + 8, 1n << 20n)],
  ['a ring larger than rings can be', corrupt, u64(channel + 8, 1n << 63n)],
  ['large messages elsewhere', corrupt, u64(channel + 16, 0n)],
  ['a table of large messages elsewhere', corrupt, u64(channel + 24, 4096n)],
];
const json = (from: string, to: string) => (bytes: Buffer) => {
  const at = meta(bytes);
  const text = bytes.toString('utf8', at, at + bytes.readUInt32LE(72));
  expect(text).toContain(from);
  const changed = text.replace(from, to.padEnd(from.length));
  strictEqual(changed.length, text.length);
  bytes.write(changed, at);
  return undefined;
};
const ofCell: Damage[] = [
  ['data elsewhere', corrupt, u64(body, 64n)],
  ['data beyond the end', corrupt, u64(body, 1n << 40n)],
  ['more data than there is', corrupt, u64(body + 8, 1n << 40n)],
  ['less data than its length says', corrupt, u64(body + 8, 3n)],
  ['an element type that nobody knows', corrupt, json('"type":"i"', '"type":"Z"')],
  ['an element type that is none', corrupt, json('"type":"i"', '"type":77')],
  ['another element type', corrupt, json('"type":"i"', '"type":"d"')],
  ['a lock that is none', corrupt, json('"lock":true', '"lock":5')],
  ['no word on its lock', corrupt, json('"lock":true', '"cock":true')],
];
const damages: Record<Kind, Damage[]> = {
  queue: [...ofAll, ...ofChannel(body), ['no ring', corrupt, u64(body + 8, 0n)]],
  pipe: [...ofAll, ...ofChannel(body + 256), ...ofChannel(body + 256 + 640)],
  value: [
    ...ofAll,
    ...ofCell,
    ['a length that is not 1', corrupt, json('"length":1', '"length":2')],
  ],
  array: [
    ...ofAll,
    ...ofCell,
    ['a length that is no number', corrupt, json('"length":3', '"length":[')],
    ['a length that is a text', corrupt, json('"length":3,', '"length":""')],
    ['a negative length', corrupt, json('"length":3,', '"length":-3')],
  ],
  lock: ofAll,
};

/** Who looks at an object's own words is attached for the moment: its slot in the table of participants says so. */
function withoutSlots(bytes: Buffer): string {
  const slots = bytes.subarray(256, body).length;
  return Buffer.concat([
    bytes.subarray(0, 256),
    Buffer.alloc(slots),
    bytes.subarray(body),
  ]).toString('latin1');
}

for (const kind of Object.keys(kinds) as Kind[]) {
  describe(`a ${kind} with`, () => {
    const name = nameFor(`damaged-${kind}`);
    let sound: Buffer;
    beforeAll(async () => {
      // Killed: an end of a pipe whose process ends in an orderly way is closed.
      const script = `const named = { name: process.argv[1], persist: true };
        ${kinds[kind]};
        process.kill(process.pid, 'SIGKILL');`;
      const { signal, stderr } = await run(script, { args: [name] });
      strictEqual(signal, 'SIGKILL', stderr);
      sound = readFileSync(pathOf(name));
    });
    afterAll(() => unlinkSync(pathOf(name)));

    for (const [what, code, change] of damages[kind]) {
      it(`${what} is refused with ${code}, and left as it is`, () => {
        const copy = Buffer.from(sound);
        const damaged = change(copy) ?? copy;
        writeFileSync(pathOf(name), damaged);
        const before = statSync(pathOf(name));
        for (let time = 0; time < 2; time++) {
          const error = failure(() => openers[kind](name));
          strictEqual(error['code'], code, error.stack ?? '');
          const Class = code === mismatch ? LayoutMismatchError : CorruptSegmentError;
          expect(error).toBeInstanceOf(Class);
          expect(error.message).toContain(name);
          expect(error.message.length).toBeGreaterThan(name.length + 15);
        }
        strictEqual(present(name), true);
        strictEqual(withoutSlots(readFileSync(pathOf(name))), withoutSlots(damaged));
        const after = statSync(pathOf(name));
        deepStrictEqual(
          [after.ino, after.mode, after.size],
          [before.ino, before.mode, before.size],
        );
      });
    }

    it('its bytes put back works again', () => {
      writeFileSync(pathOf(name), sound);
      openers[kind](name).close();
    });
  });
}
