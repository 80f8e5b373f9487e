import { rmSync } from 'node:fs';
import { describe, it, onTestFinished } from 'vitest';
import { segmentClasses } from './helpers/classes.js';
import {
  anothers,
  changed,
  content,
  directory,
  fifo,
  type Impostor,
  link,
  refuses,
  root,
  shortTo,
  u32,
  u64,
} from './helpers/impostors.js';
import { nameFor, pathOf } from './helpers/segments.js';

const mismatch = 'ERR_LAYOUT_MISMATCH';
const corrupt = 'ERR_CORRUPT_SEGMENT';
const body = 256 + 256 * 64;
const all = (1n << 64n) - 1n;

type Row = [what: string, code: string, impostor: Impostor];

/** Who says what it expects compares that first, without attaching. */
const contradiction = 'ERR_OPTIONS_MISMATCH';

const ofTheFuture = u32(12, 99);

/** Of every class. */
const ofAll: Row[] = [
  ['no bytes', mismatch, content('')],
  ['a magic alone', corrupt, shortTo(8)],
  ['a piece of a header', corrupt, shortTo(200)],
  ['a header alone', corrupt, shortTo(256)],
  ['all but the body', corrupt, shortTo(body)],
  ['all but the last byte', corrupt, changed((bytes) => bytes.subarray(0, -1))],
  ['garbage', mismatch, content(Buffer.alloc(70_000, 0xa7))],
  ['text', mismatch, content('a list of things to buy')],
  ['zeros', mismatch, content(Buffer.alloc(70_000))],
  ['a foreign magic', mismatch, u64(0, 0x6372707265746e6an)],
  ['a version of the future', mismatch, u32(8, 2)],
  ['a feature that is required, and unknown', mismatch, u32(16, 1)],
  ['another byte order', mismatch, u32(24, 0x04030201)],
  ['a kind of the future', mismatch, ofTheFuture],
  ['a total size of nothing', corrupt, u64(32, 0n)],
  ['a total size without a body', corrupt, u64(32, BigInt(body))],
  ['a total size beyond the file', corrupt, u64(32, 1n << 39n)],
  ['a total size beyond all files', corrupt, u64(32, all)],
  ['participants elsewhere', corrupt, u64(48, 0n)],
  ['a body elsewhere', corrupt, u64(56, all)],
  ['creation options outside', corrupt, u64(64, all)],
  ['creation options without end', corrupt, u32(72, 0xffff_ffff)],
  [
    'creation options that say nothing',
    corrupt,
    changed((bytes) => {
      const at = Number(bytes.readBigUInt64LE(64));
      return bytes.fill('{', at, at + bytes.readUInt32LE(72));
    }),
  ],
  ['a link to a segment', 'ELOOP', link('/dev/shm/interproc.nowhere')],
  ['a link to a directory', 'ELOOP', link('/tmp')],
  ['a directory', 'EISDIR', directory],
  ['a FIFO', mismatch, fifo],
];
if (root) ofAll.push(['a file of another user', 'EACCES', anothers]);

const channel = (at: number): Row[] => [
  ['a ring outside', corrupt, u64(at, all & ~127n)],
  ['a ring over the header', corrupt, u64(at, 0n)],
  ['a ring without end', corrupt, u64(at + 8, 1n << 63n)],
  ['a ring of 5000 bytes', corrupt, u64(at + 8, 5000n)],
  ['a ring larger than the segment', corrupt, u64(at + 8, 1n << 20n)],
  ['pages outside', corrupt, u64(at + 16, all)],
  ['a table of pages outside', corrupt, u64(at + 24, all)],
];
const queue = channel(body);
const cell: Row[] = [
  ['data outside', corrupt, u64(body, all)],
  ['data without end', corrupt, u64(body + 8, all)],
];

/** Of some classes: sizes and places that the body says. */
const ofOne: Readonly<Record<string, Row[]>> = {
  Queue: queue,
  SimpleQueue: queue,
  JoinableQueue: queue,
  PriorityQueue: [
    ['a capacity without end', corrupt, u64(body, all)],
    ['a slab outside', corrupt, u64(body + 128, 1n << 40n)],
    ['a slab over the body', corrupt, u64(body + 128, 0n)],
  ],
  Connection: [...channel(body + 896), ...channel(body + 256)],
  Value: cell,
  SharedArray: cell,
  Barrier: [
    ['no parties', corrupt, u32(body, 0)],
    ['more parties than there can be', corrupt, u32(body, 0x10000)],
  ],
};

const allowed = (what: string, way: string, code: string) =>
  what === 'Barrier' && way === 'openOrCreate' ? [code, contradiction] : [code];

/** A class of another kind than this one. */
const strangers: Readonly<Record<string, string>> = { Lock: 'Event' };

describe.each(Object.entries(segmentClasses))('%s', (what, { make, openers, unlink, create }) => {
  const rows: Row[] = [...ofAll, ...(ofOne[what] ?? [])];

  it.each(rows)('is refused: %s', (_, code, impostor) => {
    const name = nameFor('impostor');
    make(name);
    onTestFinished(() => {
      rmSync(pathOf(name), { recursive: true, force: true });
      rmSync(`/dev/shm/sem.${name}`, { force: true });
    });
    impostor(pathOf(name));
    for (const [way, open] of Object.entries(openers))
      refuses(`${what} ${way}`, pathOf(name), allowed(what, way, code), () => open(name));
    refuses(`new ${what}`, pathOf(name), ['EEXIST'], () => create(name));
    // A sound header is enough for who only removes a name.
    if (unlink !== undefined && code !== corrupt && impostor !== ofTheFuture)
      refuses(`${what} unlink`, pathOf(name), [code], () => unlink(name));
  });

  it('is refused: an object of another class', () => {
    const name = nameFor('stranger');
    const other = strangers[what] ?? 'Lock';
    segmentClasses[other]?.make(name);
    onTestFinished(() => rmSync(pathOf(name)));
    for (const [way, open] of Object.entries(openers))
      refuses(`${what} ${way}`, pathOf(name), [mismatch], () => open(name));
    refuses(`new ${what}`, pathOf(name), ['EEXIST'], () => create(name));
  });
});
