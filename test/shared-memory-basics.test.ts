import { lstatSync, mkdirSync, rmdirSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { attach, SharedMemory } from '../dist/index.js';
import { exists, kept, markerOf, memoryName } from './helpers/memory.js';
import { failure, ownShm, run } from './helpers/segments.js';

describe('SharedMemory', () => {
  test('is created zeroed, with the very size, and shared by all who attach', () => {
    const name = memoryName();
    const made = kept(new SharedMemory({ name, create: true, size: 1001 }));
    expect([made.name, made.size, made.buf.length, made.closed]).toEqual([name, 1001, 1001, false]);
    expect(made.buf.every((byte) => byte === 0)).toBe(true);
    const other = kept(new SharedMemory({ name }));
    expect(other.size).toBe(1001);
    other.buf.write('across', 995);
    expect(made.buf.toString('latin1', 995)).toBe('across');
  });

  test('gets a name as Python makes them where none is given', () => {
    const memory = kept(new SharedMemory({ create: true, size: 1 }));
    expect(memory.name).toMatch(/^psm_[0-9a-f]{8}$/);
    expect(exists(memory.name)).toBe(true);
  });

  test('takes any name that the system takes', () => {
    for (const name of [
      `${memoryName()} ü "x"*`,
      `${memoryName()}${'x'.repeat(220)}`,
      memoryName('..'),
    ]) {
      const made = kept(new SharedMemory({ name, create: true, size: 3 }));
      made.buf[2] = 7;
      expect(kept(attach(JSON.parse(JSON.stringify(made))) as SharedMemory).buf[2]).toBe(7);
    }
  });

  test('ignores a size when it attaches', () => {
    const made = kept(new SharedMemory({ create: true, size: 10 }));
    expect(kept(new SharedMemory({ name: made.name, size: 999 })).size).toBe(10);
  });

  test('sets the permissions that were asked for', () => {
    const mode = (name: string) => lstatSync(`/dev/shm/${name}`).mode & 0o777;
    expect(mode(kept(new SharedMemory({ create: true, size: 1 })).name)).toBe(0o600);
    expect(mode(kept(new SharedMemory({ create: true, size: 1, mode: 0o640 })).name)).toBe(0o640);
  });

  test('has an empty buffer after close, and every view of it is empty too', () => {
    const memory = new SharedMemory({ create: true, size: 64 });
    const { buf } = memory;
    const words = new Uint32Array(buf.buffer);
    memory.close();
    memory.close();
    expect([memory.closed, memory.buf.length, buf.length, words.length]).toEqual([true, 0, 0, 0]);
    expect(buf[0]).toBeUndefined();
    words[0] = 1;
    expect(failure(() => memory.unlink()).code).toBe('ERR_CLOSED');
  });

  test('closes with its scope', () => {
    let name: string;
    {
      using memory = new SharedMemory({ create: true, size: 1 });
      name = memory.name;
    }
    expect(exists(name)).toBe(false);
  });

  test('unlink takes the name once, and whoever is attached goes on', () => {
    const memory = kept(new SharedMemory({ create: true, size: 4 }));
    const other = kept(SharedMemory.open(memory.name));
    memory.unlink();
    expect(failure(() => memory.unlink()).code).toBe('ENOENT');
    expect(failure(() => SharedMemory.open(memory.name)).code).toBe('ENOENT');
    memory.buf[0] = 9;
    expect(other.buf[0]).toBe(9);
    const marker = kept(new SharedMemory({ name: memory.name, create: true, size: 4 }));
    expect(marker.buf[0]).toBe(0);
    expect(failure(() => other.unlink()).code).toBe('ENOENT');
    expect(exists(memory.name)).toBe(true);
  });

  test('openOrCreate creates once and refuses another size', () => {
    const name = memoryName();
    const made = kept(SharedMemory.openOrCreate(name, { size: 8 }));
    made.buf[1] = 5;
    expect(kept(SharedMemory.openOrCreate(name, { size: 8 })).buf[1]).toBe(5);
    expect(failure(() => SharedMemory.openOrCreate(name, { size: 9 })).code).toBe(
      'ERR_OPTIONS_MISMATCH',
    );
    SharedMemory.unlink(name);
    expect(exists(name)).toBe(false);
    expect(failure(() => SharedMemory.unlink(name)).code).toBe('ENOENT');
  });

  test('says what a system call failed with, as Node does', () => {
    const name = memoryName();
    expect(failure(() => new SharedMemory({ name }))).toMatchObject({
      code: 'ENOENT',
      errno: -2,
      syscall: 'shm_open',
      path: `/dev/shm/${name}`,
    });
    kept(new SharedMemory({ name, create: true, size: 1 }));
    expect(failure(() => new SharedMemory({ name, create: true, size: 1 }))).toMatchObject({
      code: 'EEXIST',
      errno: -17,
      syscall: 'shm_open',
      path: `/dev/shm/${name}`,
    });
  });

  test('opens neither links nor folders nor files without bytes', () => {
    const name = memoryName();
    const path = `/dev/shm/${name}`;
    try {
      symlinkSync('/etc/hostname', path);
      expect(failure(() => new SharedMemory({ name })).code).toBe('ELOOP');
      expect(failure(() => new SharedMemory({ name, create: true, size: 1 })).code).toBe('EEXIST');
      unlinkSync(path);
      mkdirSync(path);
      expect(failure(() => new SharedMemory({ name })).code).toBe('EISDIR');
      rmdirSync(path);
      writeFileSync(path, '');
      expect(failure(() => new SharedMemory({ name })).code).toBe('EINVAL');
    } finally {
      unlinkSync(path);
    }
  });

  test.runIf(ownShm)('a full /dev/shm is ENOSPC, and leaves nothing', async () => {
    const { stdout, stderr } = await run(
      `import fs from 'node:fs';
       const before = fs.readdirSync('/dev/shm').length;
       try { new ip.SharedMemory({ create: true, size: 64 << 20 }); } catch (error) {
         console.log(error.code, fs.readdirSync('/dev/shm').length - before);
       }`,
      { within: ownShm ?? [] },
    );
    expect(stdout.trim(), stderr).toBe('ENOSPC 0');
  });

  test('has a marker beside it, unless it persists', () => {
    const usual = kept(new SharedMemory({ create: true, size: 1 }));
    expect(exists(markerOf(usual.name))).toBe(true);
    const persistent = kept(new SharedMemory({ create: true, size: 1, persist: true }));
    expect(exists(markerOf(persistent.name))).toBe(false);
    persistent.close();
    expect(exists(persistent.name)).toBe(true);
    SharedMemory.unlink(persistent.name);
    expect(exists(persistent.name)).toBe(false);
  });

  test('leaves no file, descriptor or mapping in 1,000 rounds', async () => {
    const { stdout, stderr } = await run(`
      import fs from 'node:fs';
      const fds = () => fs.readdirSync('/proc/self/fd').length;
      const mappings = () => fs.readFileSync('/proc/self/maps', 'utf8').split('\\n').filter((l) => /psm_|deleted/.test(l)).length;
      const shm = () => fs.readdirSync('/dev/shm').filter((n) => n.startsWith('ipleak-' + process.pid)).length;
      const round = (i) => {
        const name = 'ipleak-' + process.pid + '-' + i;
        const memory = new ip.SharedMemory({ name, create: true, size: 8192 });
        const other = ip.SharedMemory.open(name);
        other.buf[i % 8192] = 1;
        if (memory.buf[i % 8192] !== 1) throw new Error('not shared');
        other.close(); memory.close();
      };
      for (let i = 0; i < 50; i++) round(i);
      const before = [fds(), mappings()];
      for (let i = 0; i < 1000; i++) round(i);
      console.log(JSON.stringify({ before, after: [fds(), mappings()], files: shm() }));`);
    const { before, after, files } = JSON.parse(stdout || stderr);
    expect(after).toEqual(before);
    expect(files).toBe(0);
  });

  test('what was dropped without close is detached by the garbage collector, but not under a view', async () => {
    const { stdout, stderr } = await run(
      `import fs from 'node:fs';
       import { setTimeout as delay } from 'node:timers/promises';
       let name; let view;
       (() => { name = new ip.SharedMemory({ create: true, size: 4 }).name; })();
       (() => { const kept = new ip.SharedMemory({ create: true, size: 4 }); kept.buf[1] = 3; view = kept.buf.subarray(1); })();
       const there = () => fs.existsSync('/dev/shm/' + name);
       for (let i = 0; i < 200 && there(); i++) { gc(); await delay(5); }
       console.log(there(), view[0], view.length);`,
      { execArgv: ['--expose-gc'] },
    );
    expect(stdout.trim(), stderr).toBe('false 3 3');
  });
});

describe('wrong calls of SharedMemory', () => {
  const table: readonly (readonly [string, unknown, string])[] = [
    ['no options', undefined, 'ERR_INVALID_ARG_TYPE'],
    ['options that are no object', 'name', 'ERR_INVALID_ARG_TYPE'],
    ['neither name nor create', {}, 'ERR_INVALID_ARG_TYPE'],
    ['a misspelt option', { nmae: 'x' }, 'ERR_UNKNOWN_OPTION'],
    ['a name that is no string', { name: 5 }, 'ERR_INVALID_ARG_TYPE'],
    ['an empty name', { name: '' }, 'ERR_OUT_OF_RANGE'],
    ['a name with a slash', { name: 'a/b' }, 'ERR_OUT_OF_RANGE'],
    ['a name with a NUL', { name: 'a\0b' }, 'ERR_OUT_OF_RANGE'],
    ['the name .', { name: '.' }, 'ERR_OUT_OF_RANGE'],
    ['the name ..', { name: '..' }, 'ERR_OUT_OF_RANGE'],
    ['a name of 256 bytes', { name: 'ü'.repeat(128) }, 'ERR_OUT_OF_RANGE'],
    ['half a character', { name: '\ud800' }, 'ERR_OUT_OF_RANGE'],
    ['create that is no boolean', { create: 1, size: 1 }, 'ERR_INVALID_ARG_TYPE'],
    ['create without a size', { create: true }, 'ERR_INVALID_ARG_TYPE'],
    ['size 0', { create: true, size: 0 }, 'ERR_OUT_OF_RANGE'],
    ['a negative size', { create: true, size: -1 }, 'ERR_OUT_OF_RANGE'],
    ['half a byte', { create: true, size: 1.5 }, 'ERR_OUT_OF_RANGE'],
    ['NaN bytes', { create: true, size: Number.NaN }, 'ERR_OUT_OF_RANGE'],
    ['more bytes than a buffer has', { create: true, size: 2 ** 53 - 1 }, 'ERR_OUT_OF_RANGE'],
    ['a size that is no number', { create: true, size: '1' }, 'ERR_INVALID_ARG_TYPE'],
    ['a mode beyond 0o777', { create: true, size: 1, mode: 0o1000 }, 'ERR_OUT_OF_RANGE'],
    ['persist that is no boolean', { create: true, size: 1, persist: 1 }, 'ERR_INVALID_ARG_TYPE'],
    ['persist where nothing is created', { name: 'x', persist: true }, 'ERR_INVALID_ARG_TYPE'],
    ['mode where nothing is created', { name: 'x', mode: 0o600 }, 'ERR_INVALID_ARG_TYPE'],
  ];
  test.each(table)('%s', (_what, options, code) => {
    expect(failure(() => new SharedMemory(options as { name: string })).code).toBe(code);
  });
});
