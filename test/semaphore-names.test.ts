import { existsSync, readdirSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BoundedSemaphore, Semaphore } from '../dist/index.js';
import { own } from './helpers/owned.js';
import { answerOf, nameFor, present } from './helpers/segments.js';
import { kill, peer, python, pythonBeside, said } from './helpers/sync.js';
import { isPending } from './helpers/time.js';

const code = (expected: string) => expect.objectContaining({ code: expected });
const file = (name: string) => `/dev/shm/sem.${name}`;
const files = (name: string) =>
  readdirSync('/dev/shm')
    .filter((found) => found.endsWith(name))
    .sort();

describe('the POSIX name of a semaphore', () => {
  it('is that of the object, for python3 as well: both post, both wait', async () => {
    const name = nameFor('python');
    const semaphore = own(new Semaphore(2, { name }));
    expect(
      python(
        name,
        'print(sem._get_value(), sem.acquire(False), sem.acquire(False), sem.acquire(False))',
      ),
    ).toBe('2 True True False');
    expect(semaphore.getValue()).toBe(0);
    const blocked = pythonBeside(
      name,
      'print("ready")\nprint(sem.acquire(True, 20))\nsem.release()\nsem.release()',
    );
    await blocked.ready;
    expect(semaphore.acquireSync({ timeout: 50 })).toBe(null);
    semaphore.release();
    expect(await blocked.output).toContain('True');
    expect(semaphore.acquireSync({ timeout: 0 })).not.toBe(null);
    expect(semaphore.acquireSync({ timeout: 0 })).not.toBe(null);
  });

  it('wakes waits in both forms when python3 posts', async () => {
    const name = nameFor('posts');
    const semaphore = own(new Semaphore(0, { name }));
    const sleeper = peer(semaphore, 'say("ready"); say(object.acquireSync() !== null);');
    expect(await said(sleeper)).toBe('ready');
    const here = semaphore.acquire();
    expect(await isPending(here, 150)).toBe(true);
    python(name, 'sem.release()\nsem.release()');
    expect(await here).not.toBe(null);
    expect(await said(sleeper)).toBe(true);
    expect(semaphore.getValue()).toBe(0);
  });

  it('has the permissions that were asked for', () => {
    const mode = (options?: object) => {
      const name = nameFor('mode');
      own(new Semaphore(1, { name, ...options }));
      return statSync(file(name)).mode & 0o777;
    };
    expect(mode()).toBe(0o600);
    expect(mode({ mode: 0o640 })).toBe(0o640);
  });

  it('goes with the last one who has it open, and stays as long as one has', async () => {
    const name = nameFor('last');
    const semaphore = new Semaphore(1, { name });
    const other = peer(
      semaphore,
      'say(1); process.stdin.on("data", () => {}); setInterval(() => {}, 1000);',
    );
    await said(other);
    semaphore.close();
    expect(files(name)).toEqual([`interproc.${name}`, `sem.${name}`]);
    await kill(other);
    expect(() => Semaphore.open(name)).toThrow(code('ENOENT'));
    expect(files(name)).toEqual([]);
  });

  it('of a killed owner goes with the next start of any program', async () => {
    const name = nameFor('swept');
    const holder = peer(
      own(new Semaphore()),
      `globalThis.kept = new ip.Semaphore(1, { name: '${name}' }); say(1); setInterval(() => {}, 1000);`,
    );
    await said(holder);
    expect(files(name)).toHaveLength(2);
    await kill(holder);
    expect(files(name)).toHaveLength(2);
    await answerOf('console.log(0)');
    expect(files(name)).toEqual([]);
  });

  it('is left by every kind of exit without close()', async () => {
    for (const end of ['', 'process.exit(0)', 'setTimeout(() => { throw new Error("mine") })']) {
      const name = nameFor('exit');
      const ends = peer(
        own(new Semaphore()),
        `globalThis.kept = new ip.Semaphore(1, { name: '${name}' }); ${end}`,
      );
      await ends.finished;
      expect(files(name)).toEqual([]);
    }
  });

  it('stays with persist until unlink()', async () => {
    const name = nameFor('persist');
    new Semaphore(3, { name, persist: true }).close();
    await answerOf('console.log(0)');
    const semaphore = Semaphore.open(name);
    expect(semaphore.getValue()).toBe(3);
    semaphore.unlink();
    expect(files(name)).toEqual([]);
    expect(() => semaphore.unlink()).toThrow(code('ENOENT'));
    semaphore.release();
    expect(semaphore.getValue()).toBe(4);
    semaphore.close();
    new Semaphore(3, { name, persist: true }).close();
    Semaphore.unlink(name);
    expect(files(name)).toEqual([]);
  });
});

describe("another program's semaphore", () => {
  /** As sem_open makes one: python3 does, and leaves the name. */
  function madeByPython(name: string, value: number): void {
    const script = `import _multiprocessing\n_multiprocessing.SemLock(1, ${value}, 100, '/${name}', False)`;
    python(own(new Semaphore()).name, script);
    expect(existsSync(file(name))).toBe(true);
  }

  it('can be opened, shared and used, and is never removed with us', async () => {
    const name = nameFor('foreign');
    madeByPython(name, 2);
    try {
      const semaphore = Semaphore.open(name);
      expect(semaphore.getValue()).toBe(2);
      const other = peer(
        semaphore,
        'say(object.acquireSync() !== null); await object.acquire(); object.release(5); say(object.getValue());',
      );
      expect(await said(other)).toBe(true);
      expect(await said(other)).toBe(5);
      await other.finished;
      semaphore.close();
      expect(files(name)).toEqual([`sem.${name}`]);
      const again = peer(
        own(new Semaphore()),
        `globalThis.kept = ip.Semaphore.open('${name}'); say(1); setInterval(() => {}, 1000);`,
      );
      await said(again);
      await kill(again);
      await answerOf('console.log(0)');
      expect(files(name)).toEqual([`sem.${name}`]);
    } finally {
      unlinkSync(file(name));
    }
  });

  it('is in the way of a new one, and no bounded one', () => {
    const name = nameFor('taken');
    madeByPython(name, 1);
    try {
      expect(() => new Semaphore(1, { name })).toThrow(code('EEXIST'));
      expect(present(name)).toBe(false);
      expect(() => BoundedSemaphore.open(name)).toThrow(code('ERR_LAYOUT_MISMATCH'));
      expect(files(name)).toEqual([`sem.${name}`]);
      using opened = Semaphore.openOrCreate(name, 7);
      expect(opened.getValue()).toBe(1);
    } finally {
      unlinkSync(file(name));
    }
  });

  it('that took the name of ours is neither used by ours nor removed by it', () => {
    const name = nameFor('replaced');
    const ours = new Semaphore(5, { name });
    unlinkSync(file(name));
    expect(() => Semaphore.open(name)).toThrow(code('ENOENT'));
    madeByPython(name, 1);
    try {
      const theirs = Semaphore.open(name);
      expect(theirs.getValue()).toBe(1);
      expect(ours.getValue()).toBe(5);
      ours.close();
      theirs.close();
      expect(files(name)).toEqual([`sem.${name}`]);
    } finally {
      unlinkSync(file(name));
    }
  });

  it('whose name was removed makes room for a new one', () => {
    const name = nameFor('removed');
    using first = new Semaphore(5, { name });
    unlinkSync(file(name));
    using second = Semaphore.openOrCreate(name, 1);
    expect(second.getValue()).toBe(1);
    expect(first.getValue()).toBe(5);
  });

  it('is removed by an explicit unlink', () => {
    const name = nameFor('explicit');
    madeByPython(name, 1);
    Semaphore.unlink(name);
    expect(files(name)).toEqual([]);
  });

  it('that is no semaphore is refused and left alone', () => {
    const name = nameFor('garbage');
    writeFileSync(file(name), 'short');
    try {
      expect(() => Semaphore.open(name)).toThrow(code('ERR_LAYOUT_MISMATCH'));
      expect(() => new Semaphore(1, { name })).toThrow(code('EEXIST'));
      expect(files(name)).toEqual([`sem.${name}`]);
    } finally {
      unlinkSync(file(name));
    }
  });
});
