import { strictEqual } from 'node:assert';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { attach, InterprocError, Lock, Pipe, Queue, SharedArray, Value } from '../dist/index.js';
import { failure, nameFor, pathOf, present, run } from './helpers/segments.js';

const openers: Record<string, (name: string) => unknown> = {
  'Queue.open': (name) => Queue.open(name),
  'Value.open': (name) => Value.open(name),
  'SharedArray.open': (name) => SharedArray.open(name),
  'Lock.open': (name) => Lock.open(name),
  attach: (name) => attach({ interproc: 1, kind: 'connection', name, end: 0 }),
  'Queue.openOrCreate': (name) => Queue.openOrCreate(name),
  'Value.openOrCreate': (name) => Value.openOrCreate(name, 'i'),
  'SharedArray.openOrCreate': (name) => SharedArray.openOrCreate(name, 'i', 1),
  'Lock.openOrCreate': (name) => Lock.openOrCreate(name),
  'Queue.unlink': (name) => Queue.unlink(name),
};
const makers: Record<string, (name: string) => unknown> = {
  Queue: (name) => new Queue({ name }),
  Value: (name) => new Value('i', 1, { name }),
  SharedArray: (name) => new SharedArray('i', 1, { name }),
  Lock: (name) => new Lock({ name }),
  Pipe: (name) => Pipe({ name }),
};

interface Wanted {
  readonly code: string;
  readonly errno?: number;
  readonly syscall?: string;
  readonly says?: RegExp;
}

/** Whatever has the name: it is refused with one error, is taken for what it is by those who create, and is left alone. */
function refuses(name: string, { code, errno, syscall, says }: Wanted): void {
  const before = lstatSync(pathOf(name));
  for (const [what, open] of Object.entries(openers)) {
    const error = failure(() => open(name));
    strictEqual(error['code'], code, `${what}: ${error.stack}`);
    expect(error).toBeInstanceOf(InterprocError);
    strictEqual(error['path'], pathOf(name), what);
    strictEqual(error['errno'], errno, what);
    strictEqual(error['syscall'], syscall, what);
    expect(error.message).toContain(pathOf(name));
    if (says !== undefined) expect(error.message).toMatch(says);
    if (errno !== undefined)
      expect(error.message).toMatch(
        new RegExp(`^${code}: .+, ${syscall} '${pathOf(name)}'$|^${code}: `),
      );
  }
  for (const [what, make] of Object.entries(makers)) {
    const error = failure(() => make(name));
    strictEqual(error['code'], 'EEXIST', what);
    strictEqual(error['errno'], -17);
    strictEqual(error['path'], pathOf(name));
  }
  const { ino, mode, uid, size, mtimeMs } = lstatSync(pathOf(name));
  strictEqual(
    [ino, mode, uid, size, mtimeMs].join(),
    [before.ino, before.mode, before.uid, before.size, before.mtimeMs].join(),
  );
}

describe('the name of an object', () => {
  it('that nobody has is ENOENT', () => {
    const name = nameFor('missing');
    for (const [what, open] of Object.entries(openers)) {
      if (what.endsWith('OrCreate')) continue;
      const error = failure(() => open(name));
      strictEqual(error['code'], 'ENOENT');
      strictEqual(error['errno'], -2);
      strictEqual(error['syscall'], 'open');
      strictEqual(error['path'], pathOf(name));
      strictEqual(error.message, `ENOENT: no such file or directory, open '${pathOf(name)}'`);
      strictEqual(present(name), false);
    }
  });

  it('may be a symbolic link: it is not followed', () => {
    const name = nameFor('link');
    using value = new Value('i', 1);
    for (const target of [pathOf(value.name), '/dev/shm', '/nowhere/at/all', '/etc/passwd']) {
      symlinkSync(target, pathOf(name));
      refuses(name, { code: 'ELOOP', errno: -40, syscall: 'open' });
      unlinkSync(pathOf(name));
    }
  });

  it('may be a directory', () => {
    const name = nameFor('directory');
    mkdirSync(pathOf(name));
    refuses(name, { code: 'EISDIR', errno: -21, syscall: 'open' });
    rmSync(pathOf(name), { recursive: true });
  });

  it('may be a FIFO, which nobody waits for', () => {
    const name = nameFor('fifo');
    strictEqual(spawnSync('mkfifo', [pathOf(name)]).status, 0);
    refuses(name, {
      code: 'ERR_LAYOUT_MISMATCH',
      says: /is not an interproc object; remove it or choose another name/,
    });
    unlinkSync(pathOf(name));
  });

  it('may be a socket', async () => {
    const name = nameFor('socket');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(pathOf(name), resolve));
    refuses(name, { code: 'ENXIO', errno: -6, syscall: 'open' });
    await new Promise((resolve) => server.close(resolve));
  });

  it('may be a file of somebody else’s making', () => {
    const name = nameFor('foreign');
    writeFileSync(pathOf(name), 'a list of things to buy');
    refuses(name, { code: 'ERR_LAYOUT_MISMATCH', says: /is not an interproc object/ });
    unlinkSync(pathOf(name));
  });
});

describe('a file of another user', () => {
  const root = process.getuid?.() === 0;

  it('is EACCES for who may not open it', async () => {
    const name = nameFor('private');
    new Value('i', 1, { name, persist: true }).close();
    // Root becomes nobody; anybody else shuts himself out.
    if (!root) chmodSync(pathOf(name), 0);
    const { code, stdout, stderr } = await run(
      `if (process.getuid() === 0) { process.setgroups([]); process.setgid(65534); process.setuid(65534); }
       for (const open of [
         () => ip.Value.open(process.argv[1]),
         () => ip.Value.openOrCreate(process.argv[1], 'i'),
         () => ip.Value.unlink(process.argv[1]),
       ]) {
         try { open(); console.log('opened'); } catch (error) {
           console.log(error.code, error.errno, error.syscall, error.path === '/dev/shm/interproc.' + process.argv[1], error.message);
         }
       }`,
      { args: [name] },
    );
    strictEqual(code, 0, stderr);
    const line = `EACCES -13 open true EACCES: permission denied, open '${pathOf(name)}'`;
    strictEqual(stdout, `${line}\n${line}\n${line}\n`);
    strictEqual(present(name), true);
    unlinkSync(pathOf(name));
  });

  it('is EACCES for who could open it: what strangers write is not trusted', async () => {
    const name = nameFor('stranger');
    new Value('i', 1, { name, persist: true, mode: 0o666 }).close();
    if (root) {
      chownSync(pathOf(name), 65534, 65534);
      refuses(name, {
        code: 'EACCES',
        errno: -13,
        syscall: 'open',
        says: /belongs to another user/,
      });
      const { code, stdout, stderr } = await run(
        `process.setgroups([]); process.setgid(65533); process.setuid(65533);
         try { ip.Value.open(process.argv[1]); } catch (error) { console.log(error.code, error.message); }`,
        { args: [name] },
      );
      strictEqual(code, 0, stderr);
      expect(stdout).toMatch(/^EACCES EACCES: .*belongs to another user/);
    } else {
      // Nobody else's files are at hand: at least one's own are not refused for being open to all.
      Value.open(name).close();
    }
    strictEqual(present(name), true);
    unlinkSync(pathOf(name));
  });

  it('is not swept by the start of a program', async () => {
    const name = nameFor('unswept');
    new Value('i', 1, { name, persist: true }).close();
    if (root) chownSync(pathOf(name), 65534, 65534);
    strictEqual((await run('')).code, 0);
    strictEqual(present(name), true);
    unlinkSync(pathOf(name));
  });
});
