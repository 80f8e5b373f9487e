import { rmSync } from 'node:fs';
import { describe, it, onTestFinished } from 'vitest';
import { memoryClasses, segmentClasses } from './helpers/classes.js';
import {
  anothers,
  content,
  directory,
  endsAt,
  fifo,
  type Impostor,
  link,
  refuses,
  root,
  shortTo,
  u64,
} from './helpers/impostors.js';
import { memoryName } from './helpers/memory.js';
import { nameFor, pathOf } from './helpers/segments.js';

type Row = [what: string, code: string, impostor: Impostor];
const corrupt = 'ERR_CORRUPT_SEGMENT';
const all = (1n << 64n) - 1n;
const largest = (1n << 63n) - 1n;

/** What is no memory at all. */
const ofAll: Row[] = [
  ['no bytes', 'EINVAL', content('')],
  ['a link to memory', 'ELOOP', link('/dev/shm/nowhere')],
  ['a link to a file', 'ELOOP', link('/etc/passwd')],
  ['a directory', 'EISDIR', directory],
  ['a FIFO', 'EINVAL', fifo],
];
if (root) ofAll.push(['a file of another user', 'EACCES', anothers]);

/** What is memory, but no list. */
const ofList: Row[] = [
  ['a few bytes', corrupt, content('short')],
  ['garbage', corrupt, content(Buffer.alloc(4096, 0xa7))],
  ['half of a list', corrupt, shortTo(40)],
  ['more values than bytes', corrupt, u64(0, 1000n)],
  ['values without end', corrupt, u64(0, largest)],
  ['fewer values than none', corrupt, u64(0, all)],
  ['an offset outside', corrupt, endsAt(1n << 40n)],
  ['an offset behind the one after it', corrupt, u64(16, 1n << 40n)],
  ['an offset before the one before it', corrupt, u64(16, all)],
];

describe.each(Object.entries(memoryClasses))('%s', (what, { make, openers, unlink, create }) => {
  it.each([...ofAll, ...(what === 'ShareableList' ? ofList : [])])(
    'is refused: %s',
    (_, code, impostor) => {
      const name = memoryName('impostor');
      const path = `/dev/shm/${name}`;
      make(name);
      onTestFinished(() => rmSync(path, { recursive: true, force: true }));
      impostor(path);
      for (const [way, open] of Object.entries(openers))
        refuses(`${what} ${way}`, path, [code], () => open(name));
      refuses(`new ${what}`, path, ['EEXIST'], () => create(name));
      if (unlink !== undefined && code !== corrupt)
        refuses(`${what} unlink`, path, [code], () => unlink(name));
    },
  );
});

/** What stands in place of the C library's file, beside a segment or without one. */
const ofFile: Row[] = [
  ['no bytes', 'ERR_LAYOUT_MISMATCH', content('')],
  ['fewer bytes than a sem_t', 'ERR_LAYOUT_MISMATCH', content(Buffer.alloc(31))],
  ['a link', 'ELOOP', link('/dev/shm/sem.nowhere')],
  ['a directory', 'EISDIR', directory],
  ['a FIFO', 'ERR_LAYOUT_MISMATCH', fifo],
];
if (root) ofFile.push(['a file of another user', 'EACCES', anothers]);

describe.each(['Semaphore', 'BoundedSemaphore'])('the file of a %s', (what) => {
  const { openers, create } = segmentClasses[what] as (typeof segmentClasses)[string];

  it.each(ofFile)('is refused: %s', (_, code, impostor) => {
    const name = nameFor('permits');
    const path = `/dev/shm/sem.${name}`;
    onTestFinished(() => {
      rmSync(path, { recursive: true, force: true });
      rmSync(pathOf(name), { force: true });
    });
    content(Buffer.alloc(32))(path);
    impostor(path);
    for (const [way, open] of Object.entries(openers))
      refuses(`${what} ${way}`, path, [code], () => open(name));
    refuses(`new ${what}`, path, ['EEXIST'], () => create(name));
  });
});
