import { deepStrictEqual, match, ok, strictEqual } from 'node:assert';
import { closeSync, openSync, unlinkSync, writeFileSync, writeSync } from 'node:fs';
import { describe, it, onTestFinished } from 'vitest';
import { Listener, Lock, Pipe, Queue, SharedMemory } from '../dist/index.js';
import { answered, interproc, type Reported, statOf } from './helpers/cli.js';
import { memoryName } from './helpers/memory.js';
import { own, ownBoth } from './helpers/owned.js';
import { nameFor, pathOf, present, start } from './helpers/segments.js';

interface Listed {
  readonly objects: readonly (Reported & { readonly unused: boolean })[];
  readonly doorbells: readonly { readonly file: string; readonly alive: boolean }[];
  readonly listeners?: readonly { readonly directory: string; readonly bound: boolean }[];
  readonly others?: readonly { readonly file: string }[];
}

describe('interproc ls', () => {
  it('says of each object how much is queued, who is attached and who waits', async () => {
    const queue = own(new Queue<number>({ name: nameFor('depth') }));
    queue.putManySync([1, 2, 3]);
    const [a, b] = ownBoth(Pipe<number>({ name: nameFor('ways') }));
    a.sendSync(1);
    b.sendSync(2);
    b.sendSync(3);
    const lock = own(new Lock({ name: nameFor('lock') }));
    lock.acquireSync();
    const { code, stdout } = await interproc(['ls']);
    strictEqual(code, 0);
    const line = (name: string) => stdout.split('\n').find((one) => one.startsWith(name)) ?? '';
    match(line(queue.name), new RegExp(` queue +\\S+ \\S+ +\\S+ \\S+ +${process.pid} +3 +0$`));
    match(line(a.name), new RegExp(` pipe .* ${process.pid} +1 \\+ 2 +0$`));
    match(line(lock.name), new RegExp(` lock .* ${process.pid} +- +0 +lock held by pid`));
    lock.release();
  });

  it('tells a doorbell whose owner lives from one whose owner is dead', async () => {
    const queue = own(new Queue());
    const ended = new AbortController();
    const waiting = queue.get({ signal: ended.signal });
    const bells = async () => (await answered<Listed>(['ls'])).doorbells;
    ok((await bells()).some(({ alive }) => alive));
    const sleeper = start(`
      new ip.Queue().get();
      setTimeout(() => {
        const fs = process.getBuiltinModule('fs');
        for (const fd of fs.readdirSync('/proc/self/fd')) {
          let file = '';
          try { file = fs.readlinkSync('/proc/self/fd/' + fd); } catch {}
          if (file.startsWith('/dev/shm/interproc-bell.')) { console.log(file.slice(9)); return; }
        }
        console.log('none');
      }, 0);
      setInterval(() => {}, 1000);`);
    const file = await sleeper.line();
    match(file, /^interproc-bell\./);
    strictEqual((await bells()).find((one) => one.file === file)?.alive, true);
    sleeper.child.kill('SIGKILL');
    await sleeper.finished;
    // Who starts meanwhile sweeps it: then it is in no list.
    ok((await bells()).find((one) => one.file === file)?.alive !== true);
    ended.abort();
    await waiting.catch(() => undefined);
  });

  it('shows listeners and what is not ours with --all, and only then', async () => {
    const listener = new Listener();
    onTestFinished(() => listener.close());
    listener.accept().catch(() => undefined);
    const foreign = memoryName('foreign');
    writeFileSync(`/dev/shm/${foreign}`, 'x');
    onTestFinished(() => unlinkSync(`/dev/shm/${foreign}`));
    const memory = own(new SharedMemory({ name: memoryName('ours'), create: true, size: 1 }));
    const all = await answered<Listed>(['ls', '--all']);
    const directory = String(listener.address).replace(/\/socket$/, '');
    strictEqual(all.listeners?.find((one) => one.directory === directory)?.bound, true);
    ok(all.others?.some(({ file }) => file === foreign));
    ok(!all.others?.some(({ file }) => file === memory.name));
    ok(all.objects.some(({ name, kind }) => name === memory.name && kind === 'memory'));
    const some = await answered<Listed>(['ls']);
    deepStrictEqual([some.listeners, some.others], [undefined, undefined]);
  });
});

describe('interproc clean --dry-run', () => {
  it('names what would go, persistent objects that nobody holds too if asked, and removes none', async () => {
    const left = nameFor('left');
    new Queue({ name: left, persist: true }).close();
    onTestFinished(() => Queue.unlink(left));
    const held = own(new Queue({ name: nameFor('held'), persist: true }));
    onTestFinished(() => Queue.unlink(held.name));
    const planned = async (...more: string[]) =>
      (await answered<{ removed: string[] }>(['clean', '--dry-run', ...more])).removed;
    ok(!(await planned()).includes(pathOf(left)));
    const all = await planned('--persistent');
    deepStrictEqual(
      [left, held.name].map((name) => all.includes(pathOf(name))),
      [true, false],
    );
    ok(present(left) && present(held.name));
  });
});

describe('interproc stat', () => {
  it('asks the checker as well, for rules that a look has no eye for', async () => {
    const queue = own(new Queue({ name: nameFor('checked'), capacity: 4096 }));
    const open = openSync(pathOf(queue.name), 'r+');
    const state = 256 + 256 * 64 + 384;
    writeSync(open, Buffer.of(4, 0, 0, 0), 0, 4, state);
    const seen = await statOf(queue.name);
    writeSync(open, Buffer.alloc(4), 0, 4, state);
    closeSync(open);
    strictEqual(seen.state, 'damaged');
    match(String(seen.reason), /in a state that is none/);
    strictEqual((await statOf(queue.name)).state, 'ok');
  });
});
