import { strictEqual } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { chownSync, lstatSync, unlinkSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { attach, InterprocError, Queue, ShareableList, SharedMemory } from '../dist/index.js';
import { throws } from './helpers/failures.js';
import { kept, memoryName } from './helpers/memory.js';
import { own } from './helpers/owned.js';
import { pythonProgram } from './helpers/python.js';
import { answerOf } from './helpers/segments.js';

// Only root can give a file away, or become somebody else.
const root = process.geteuid?.() === 0;
const stranger = 65534;
const pathOf = (name: string) => `/dev/shm/${name}`;

/** A list, open to all, that belongs to this user. */
function listOf(owner: number, mode = 0o666): string {
  const name = memoryName('rights');
  new ShareableList([1, 'two'], { name, persist: true, mode }).close();
  onTestFinished(() => unlinkSync(pathOf(name)));
  chownSync(pathOf(name), owner, owner);
  return name;
}

const memoryHandle = (name: string) => ({ interproc: 1, kind: 'memory', name });
const listHandle = (name: string) => ({ interproc: 1, kind: 'shareable-list', name });

interface Options {
  readonly owner?: number;
}
type Attached = SharedMemory | ShareableList;

const openers: Record<string, (name: string, options?: Options) => Attached> = {
  'new SharedMemory': (name, options) => new SharedMemory({ name, ...options }),
  'SharedMemory.open': (name, options) => SharedMemory.open(name, options),
  'attach to a memory': (name, options) =>
    attach(memoryHandle(name), options) as unknown as SharedMemory,
  'new ShareableList': (name, options) => new ShareableList(undefined, { name, ...options }),
  'ShareableList.open': (name, options) => ShareableList.open(name, options),
  'attach to a list': (name, options) =>
    attach(listHandle(name), options) as unknown as ShareableList,
};

/** Inode, mode, owner, size and time of change of what has the name. */
function facts(name: string): string {
  const { ino, mode, uid, size, mtimeMs } = lstatSync(pathOf(name));
  return [ino, mode, uid, size, mtimeMs].join();
}

function refused(name: string, open: () => unknown): void {
  const before = facts(name);
  const error = throws(open, InterprocError, 'EACCES');
  expect(error).toMatchObject({ errno: -13, syscall: 'open', path: pathOf(name) });
  expect(error.message).toMatch(/belongs to another user; .*owner/);
  strictEqual(facts(name), before);
}

describe.runIf(root)('memory of another user', () => {
  it.each(Object.keys(openers))('is refused by default, by root too: %s', (what) => {
    const name = listOf(stranger);
    refused(name, () => openers[what]?.(name));
  });

  it('is refused by what opens on the way', () => {
    const name = listOf(stranger);
    refused(name, () => SharedMemory.openOrCreate(name, { size: lstatSync(pathOf(name)).size }));
    refused(name, () => SharedMemory.unlink(name));
    refused(name, () => ShareableList.unlink(name));
  });

  it('is refused where a message leads to it', () => {
    const queue = own(new Queue<unknown>());
    const name = memoryName('sent');
    const memory = kept(new SharedMemory({ name, create: true, size: 8, mode: 0o666 }));
    queue.putSync(memory);
    chownSync(pathOf(name), stranger, stranger);
    onTestFinished(() => unlinkSync(pathOf(name)));
    const error = throws(() => queue.getSync(), Error as never, 'EACCES');
    expect(error.message).toMatch(/belongs to another user/);
  });

  it.each(Object.keys(openers))('is opened where the caller says whose it is: %s', (what) => {
    const name = listOf(stranger);
    const before = facts(name);
    const opened = openers[what]?.(name, { owner: stranger });
    strictEqual(opened?.name, name);
    if (opened instanceof ShareableList) strictEqual(opened.get(1), 'two');
    opened?.close();
    // The last one to leave removes only what is its own.
    strictEqual(facts(name), before);
  });

  it('is unlinked where the caller says whose it is', () => {
    for (const unlink of [SharedMemory.unlink, ShareableList.unlink]) {
      const name = memoryName('gone');
      new SharedMemory({ name, create: true, size: 1, persist: true, mode: 0o666 }).close();
      chownSync(pathOf(name), stranger, stranger);
      refused(name, () => unlink(name, { owner: stranger - 1 }));
      unlink(name, { owner: stranger });
      expect(lstatSync(pathOf(name), { throwIfNoEntry: false })).toBe(undefined);
    }
  });

  it.each(Object.keys(openers))('is of one user: the owner has to be the one named: %s', (what) => {
    const theirs = listOf(stranger);
    refused(theirs, () => openers[what]?.(theirs, { owner: 0 }));
    refused(theirs, () => openers[what]?.(theirs, { owner: stranger - 1 }));
    const ours = listOf(0);
    refused(ours, () => openers[what]?.(ours, { owner: stranger }));
    openers[what]?.(ours, { owner: 0 }).close();
  });

  it('keeps its mode: an owner that is named opens nothing that the system does not', async () => {
    const open = listOf(0);
    const closed = listOf(0, 0o600);
    const seen = await answerOf<string[]>(
      `process.setgroups([]); process.setgid(${stranger}); process.setuid(${stranger});
       const outcome = (act) => { try { act().close(); return 'opened'; } catch (error) { return error.code + ' ' + error.syscall; } };
       const [open, closed] = process.argv.slice(1);
       console.log(JSON.stringify([
         outcome(() => ip.ShareableList.open(open)),
         outcome(() => ip.ShareableList.open(open, { owner: 0 })),
         outcome(() => ip.ShareableList.open(closed)),
         outcome(() => ip.ShareableList.open(closed, { owner: 0 })),
       ]));`,
      { args: [open, closed] },
    );
    expect(seen).toEqual(['EACCES open', 'opened', 'EACCES shm_open', 'EACCES shm_open']);
  });

  it('is the effective user’s where nobody says whose', async () => {
    const name = listOf(stranger, 0o600);
    const seen = await answerOf<unknown[]>(
      `process.setgroups([]); process.setegid(${stranger}); process.seteuid(${stranger});
       const list = ip.ShareableList.open(process.argv[1]);
       console.log(JSON.stringify([list.get(1)]));
       list.close();`,
      { args: [name] },
    );
    expect(seen).toEqual(['two']);
  });

  it('is the same rule for what Python made', () => {
    const name = memoryName('python');
    const made = spawnSync(
      pythonProgram,
      [
        '-c',
        `import sys
from multiprocessing import resource_tracker
from multiprocessing.shared_memory import SharedMemory
memory = SharedMemory(sys.argv[1], create=True, size=8)
resource_tracker.unregister(memory._name, 'shared_memory')
memory.buf[0] = 7`,
        name,
      ],
      { uid: stranger, gid: stranger, encoding: 'utf8' },
    );
    strictEqual(made.status, 0, made.stderr);
    onTestFinished(() => unlinkSync(pathOf(name)));
    refused(name, () => SharedMemory.open(name));
    const memory = SharedMemory.open(name, { owner: stranger });
    strictEqual(memory.buf[0], 7);
    memory.close();
  });
});

describe('the option owner', () => {
  it.each([-1, 0.5, NaN, 2 ** 32 - 1, '0', null])('is a uid, not %s', (owner) => {
    for (const open of Object.values(openers)) {
      expect(() => open('nowhere', { owner: owner as number })).toThrow(
        typeof owner === 'number' ? RangeError : TypeError,
      );
    }
  });

  it('is refused where something is created', () => {
    const name = memoryName('created');
    const given = { name, owner: 0 };
    for (const create of [
      () => new SharedMemory({ ...given, create: true, size: 1 }),
      () => new ShareableList([1], given),
    ])
      throws(create, TypeError, 'ERR_INVALID_ARG_TYPE');
    expect(lstatSync(pathOf(name), { throwIfNoEntry: false })).toBe(undefined);
  });

  it('is refused for what only its own user can open', () => {
    const queue = own(new Queue());
    throws(() => attach(queue.handle, { owner: 0 }), TypeError, 'ERR_INVALID_ARG_TYPE');
    throws(() => attach(queue.handle, { uid: 0 } as never), TypeError, 'ERR_UNKNOWN_OPTION');
  });
});
