import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as ip from '../dist/index.js';
import { attach } from '../dist/index.js';
import { interproc } from './helpers/cli.js';
import { own } from './helpers/owned.js';

/** What no object's name may be; each of them would leave the namespace, or be no file's name. */
const escapes: Record<string, string> = {
  'a path upwards': '../x',
  'a path with a prefix': 'x/../../../tmp/x',
  'an absolute path': '/tmp/x',
  'a slash': 'a/b',
  'a slash at the end': 'a/',
  'a NUL': 'a\0b',
  'this folder': '.',
  'the folder above': '..',
  nothing: '',
};
/** What only bare memory may be called, whose names are the system's. */
const strange: Record<string, string> = {
  '201 characters': 'n'.repeat(201),
  'other letters': 'naïve',
  'a lone surrogate': '\ud800',
  'a space': 'a b',
  'a line break': 'a\n',
};

type Act = (name: string) => unknown;

const named: Record<string, Act> = {
  'new Queue': (name) => new ip.Queue({ name }),
  'Queue.open': (name) => ip.Queue.open(name),
  'Queue.openOrCreate': (name) => ip.Queue.openOrCreate(name),
  'Queue.unlink': (name) => ip.Queue.unlink(name),
  'new JoinableQueue': (name) => new ip.JoinableQueue({ name }),
  'JoinableQueue.open': (name) => ip.JoinableQueue.open(name),
  'JoinableQueue.openOrCreate': (name) => ip.JoinableQueue.openOrCreate(name),
  'JoinableQueue.unlink': (name) => ip.JoinableQueue.unlink(name),
  'new SimpleQueue': (name) => new ip.SimpleQueue({ name }),
  'SimpleQueue.open': (name) => ip.SimpleQueue.open(name),
  'SimpleQueue.openOrCreate': (name) => ip.SimpleQueue.openOrCreate(name),
  'SimpleQueue.unlink': (name) => ip.SimpleQueue.unlink(name),
  'new PriorityQueue': (name) => new ip.PriorityQueue({ name }),
  'PriorityQueue.open': (name) => ip.PriorityQueue.open(name),
  'PriorityQueue.openOrCreate': (name) => ip.PriorityQueue.openOrCreate(name),
  'PriorityQueue.unlink': (name) => ip.PriorityQueue.unlink(name),
  Pipe: (name) => ip.Pipe({ name }),
  'new Value': (name) => new ip.Value('i', 1, { name }),
  'Value.open': (name) => ip.Value.open(name),
  'Value.openOrCreate': (name) => ip.Value.openOrCreate(name, 'i'),
  'Value.unlink': (name) => ip.Value.unlink(name),
  'new SharedArray': (name) => new ip.SharedArray('i', 1, { name }),
  'SharedArray.open': (name) => ip.SharedArray.open(name),
  'SharedArray.openOrCreate': (name) => ip.SharedArray.openOrCreate(name, 'i', 1),
  'SharedArray.unlink': (name) => ip.SharedArray.unlink(name),
  'new Lock': (name) => new ip.Lock({ name }),
  'Lock.open': (name) => ip.Lock.open(name),
  'Lock.openOrCreate': (name) => ip.Lock.openOrCreate(name),
  'Lock.unlink': (name) => ip.Lock.unlink(name),
  'new RLock': (name) => new ip.RLock({ name }),
  'RLock.open': (name) => ip.RLock.open(name),
  'RLock.openOrCreate': (name) => ip.RLock.openOrCreate(name),
  'RLock.unlink': (name) => ip.RLock.unlink(name),
  'new Semaphore': (name) => new ip.Semaphore(1, { name }),
  'Semaphore.open': (name) => ip.Semaphore.open(name),
  'Semaphore.openOrCreate': (name) => ip.Semaphore.openOrCreate(name, 1),
  'Semaphore.unlink': (name) => ip.Semaphore.unlink(name),
  'new BoundedSemaphore': (name) => new ip.BoundedSemaphore(1, { name }),
  'BoundedSemaphore.open': (name) => ip.BoundedSemaphore.open(name),
  'BoundedSemaphore.openOrCreate': (name) => ip.BoundedSemaphore.openOrCreate(name, 1),
  'BoundedSemaphore.unlink': (name) => ip.BoundedSemaphore.unlink(name),
  'new Condition': (name) => new ip.Condition(undefined, { name }),
  'Condition.open': (name) => ip.Condition.open(name),
  'Condition.openOrCreate': (name) => ip.Condition.openOrCreate(name),
  'Condition.unlink': (name) => ip.Condition.unlink(name),
  'new Event': (name) => new ip.Event({ name }),
  'Event.open': (name) => ip.Event.open(name),
  'Event.openOrCreate': (name) => ip.Event.openOrCreate(name),
  'Event.unlink': (name) => ip.Event.unlink(name),
  'new Barrier': (name) => new ip.Barrier(1, { name }),
  'Barrier.open': (name) => ip.Barrier.open(name),
  'Barrier.openOrCreate': (name) => ip.Barrier.openOrCreate(name, 1),
  'Barrier.unlink': (name) => ip.Barrier.unlink(name),
};
for (const kind of [
  'queue',
  'joinable-queue',
  'simple-queue',
  'priority-queue',
  'connection',
  'value',
  'array',
  'lock',
  'cell-lock',
  'rlock',
  'semaphore',
  'bounded-semaphore',
  'condition',
  'event',
  'barrier',
])
  named[`attach to a ${kind}`] = (name) => attach({ interproc: 1, kind, name, end: 0 });

const bare: Record<string, Act> = {
  'new SharedMemory': (name) => new ip.SharedMemory({ name }),
  'new SharedMemory, created': (name) => new ip.SharedMemory({ name, create: true, size: 1 }),
  'SharedMemory.open': (name) => ip.SharedMemory.open(name),
  'SharedMemory.openOrCreate': (name) => ip.SharedMemory.openOrCreate(name, { size: 1 }),
  'SharedMemory.unlink': (name) => ip.SharedMemory.unlink(name),
  'new ShareableList': (name) => new ip.ShareableList(undefined, { name }),
  'new ShareableList, created': (name) => new ip.ShareableList([1], { name }),
  'ShareableList.open': (name) => ip.ShareableList.open(name),
  'ShareableList.unlink': (name) => ip.ShareableList.unlink(name),
  'attach to a memory': (name) => attach({ interproc: 1, kind: 'memory', name }),
  'attach to a list': (name) => attach({ interproc: 1, kind: 'shareable-list', name }),
};

/** What exists of all that such a name, or a part of it, could stand for. Others come and go in these folders meanwhile. */
function traces(name: string): string[] {
  const parts = [name, ...name.split(/[/\0]/)].filter((part) => !part.includes('\0'));
  const prefixes = ['/dev/shm/interproc.', '/dev/shm/sem.', '/dev/shm/', '/dev/', '/tmp/', '/'];
  return prefixes
    .flatMap((prefix) => parts.map((part) => prefix + part))
    .filter((path) => existsSync(path));
}

/** It throws an error that says so, and nothing is made, wherever the name leads. */
function refusesWith(act: () => unknown, name: string): void {
  const before = traces(name);
  let error: unknown;
  try {
    act();
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(Error);
  expect((error as { code?: unknown }).code).toMatch(/^ERR_/);
  expect((error as Error).message).toMatch(/name/);
  expect(traces(name)).toEqual(before);
}

function refuses(act: Act, name: string): void {
  refusesWith(() => {
    try {
      return act(name);
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError);
      throw error;
    }
  }, name);
}

describe('a name that would leave the namespace', () => {
  it.each(Object.entries({ ...named, ...bare }))('is refused by %s', (_, act) => {
    for (const name of Object.values(escapes)) refuses(act, name);
  });

  it.each(Object.entries(named))('or is no name of an object is refused by %s', (_, act) => {
    for (const name of Object.values(strange)) refuses(act, name);
  });

  it.each(Object.entries(bare))('or is no file’s name is refused by %s', (_, act) => {
    for (const name of ['\ud800', 'n'.repeat(256), 'ü'.repeat(128)]) refuses(act, name);
  });

  it.each(['msgpack', 'v8', undefined] as const)(
    'is refused in a handle in a message of codec %s',
    (codec) => {
      const carried = own(new ip.Queue({ name: `forged-${process.pid}`.padEnd(30, '-') }));
      for (const elsewhere of ['../x', 'x/../../../tmp/x', '/tmp/x', 'a/b', 'naïv']) {
        const queue = own(new ip.Queue<unknown>({ codec }));
        queue.putSync(carried);
        // As a program writes it that is none of ours: in a JSON text blanks count for nothing.
        const file = `/dev/shm/interproc.${queue.name}`;
        const at = readFileSync(file).indexOf(`"${carried.name}"`);
        expect(at).toBeGreaterThan(0);
        const forged = Buffer.alloc(32, ' ');
        forged.write(`"${elsewhere}"`);
        const open = openSync(file, 'r+');
        writeSync(open, forged, 0, forged.length, at);
        closeSync(open);
        refusesWith(() => queue.getSync(), elsewhere);
      }
    },
  );

  it('may begin with dots', () => {
    for (const name of ['.hidden', '...', '..x'])
      expect(own(new ip.Queue({ name })).name).toBe(name);
  });

  it.each(['stat', 'rm'])('is refused by interproc %s', async (verb) => {
    for (const name of Object.values({ ...escapes, ...strange })) {
      if (name.includes('\0') || name.includes('\ud800')) continue;
      const { code, stderr } = await interproc([verb, name]);
      expect([name, code]).not.toEqual([name, 0]);
      expect(stderr).not.toMatch(/\n\s+at /);
    }
  });
});
