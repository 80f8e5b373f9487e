import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { attach, Process, ShareableList, SharedMemory } from '../dist/index.js';
import { exists, kept, memoryName } from './helpers/memory.js';
import { failure, run } from './helpers/segments.js';

const bytes = Buffer.from([1, 2, 0, 255]);
const values = [
  1,
  -5,
  2.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  -0,
  2 ** 60,
  true,
  false,
  null,
  '',
  'text',
  'ä€😀',
  bytes,
  2n ** 63n - 1n,
  -(2n ** 63n),
  Number.MAX_SAFE_INTEGER,
  'x'.repeat(1000),
  Buffer.alloc(0),
];

describe('ShareableList', () => {
  test('gives back what it was made of', () => {
    const list = kept(new ShareableList(values));
    expect(list.length).toBe(values.length);
    expect([...list]).toEqual(values);
    expect(Object.is(list.get(5), -0)).toBe(true);
    expect(Buffer.isBuffer(list.get(13))).toBe(true);
    expect([...kept(ShareableList.open(list.name))]).toEqual(values);
  });

  test('gives a bigint only where a number is not exact', () => {
    const list = kept(new ShareableList([5n, 2n ** 53n, -(2n ** 53n) + 1n]));
    expect([...list]).toEqual([5, 2n ** 53n, -(2 ** 53) + 1]);
  });

  test('keeps trailing NULs of texts and bytes', () => {
    const some = [
      'ab\0\0',
      '\0',
      Buffer.from([0, 0]),
      Buffer.from([1, 0]),
      Buffer.alloc(8),
      '7 bytes\0',
      '12345678\0',
    ];
    const list = kept(new ShareableList(some));
    expect([...kept(ShareableList.open(list.name))]).toEqual(some);
    list.set(0, 'a\0');
    // As many as its place has.
    list.set(1, '1234567\0');
    list.set(3, 'x');
    expect([...list]).toEqual(['a\0', '1234567\0', some[2], 'x', ...some.slice(4)]);
    const large = Buffer.alloc(1_500_000);
    expect(large.equals(kept(new ShareableList([large])).get(0) as Buffer)).toBe(true);
  });

  test('counts from the end with a negative index, and refuses one beyond', () => {
    const list = kept(new ShareableList(['a', 'b', 'c']));
    expect([list.get(-1), list.get(-3), list.at(-2)]).toEqual(['c', 'a', 'b']);
    list.set(-1, 'z');
    expect(list.get(2)).toBe('z');
    for (const index of [3, -4, 1.5, Number.NaN]) {
      expect(failure(() => list.get(index)).code).toBe('ERR_OUT_OF_RANGE');
      expect(failure(() => list.set(index, 'x')).code).toBe('ERR_OUT_OF_RANGE');
    }
    expect(failure(() => list.get('0' as unknown as number)).code).toBe('ERR_INVALID_ARG_TYPE');
    expect([...list]).toEqual(['a', 'b', 'z']);
  });

  test('takes a value of another type where it fits', () => {
    const list = kept(new ShareableList([1, 2, 3]));
    list.set(0, 'eight by');
    list.set(1, null);
    list.set(2, Buffer.from('12345'));
    expect([...list]).toEqual(['eight by', null, Buffer.from('12345')]);
    list.set(0, 1.5);
    list.set(1, true);
    list.set(2, 2n ** 62n);
    expect([...list]).toEqual([1.5, true, 2n ** 62n]);
  });

  test('refuses what does not fit, counted in bytes, and leaves everything as it was', () => {
    const list = kept(new ShareableList(['1234', 'next', 7]));
    const before = Buffer.from(list.shm.buf);
    expect(failure(() => list.set(0, '123456789')).code).toBe('ERR_OUT_OF_RANGE');
    expect(failure(() => list.set(0, '€€€')).code).toBe('ERR_OUT_OF_RANGE');
    expect(failure(() => list.set(2, Buffer.alloc(9))).code).toBe('ERR_OUT_OF_RANGE');
    expect(list.shm.buf.equals(before)).toBe(true);
    list.set(0, '€€12');
    expect([...list]).toEqual(['€€12', 'next', 7]);
  });

  test('finds and counts equal values, integers whatever their type', () => {
    const list = kept(new ShareableList([1, 2.5, 'a', 1, null, bytes, 2n ** 60n, true]));
    expect(list.index(1)).toBe(0);
    expect(list.index(1n)).toBe(0);
    expect([list.index(null), list.index(new Uint8Array(bytes)), list.index(2n ** 60n)]).toEqual([
      4, 5, 6,
    ]);
    expect([list.count(1), list.count('a'), list.count('b'), list.count(true)]).toEqual([
      2, 1, 0, 1,
    ]);
    expect(failure(() => list.index('b')).code).toBe('ERR_OUT_OF_RANGE');
  });

  test('may be empty', () => {
    const list = kept(new ShareableList([]));
    expect([list.length, ...list]).toEqual([0]);
    expect(failure(() => list.get(0)).code).toBe('ERR_OUT_OF_RANGE');
    expect(kept(new ShareableList()).length).toBe(0);
  });

  test('goes with its last user, and after close every use says so', () => {
    const name = memoryName('list');
    const list = new ShareableList([1], { name });
    expect([list.name, list.shm.name]).toEqual([name, name]);
    expect(failure(() => new ShareableList([1], { name })).code).toBe('EEXIST');
    const again = attach(JSON.parse(JSON.stringify(list))) as ShareableList;
    expect(again).toBeInstanceOf(ShareableList);
    list.close();
    expect(again.get(0)).toBe(1);
    for (const use of [
      () => list.get(0),
      () => list.set(0, 1),
      () => [...list],
      () => list.unlink(),
    ]) {
      expect(failure(use).code).toBe('ERR_CLOSED');
    }
    again.unlink();
    expect(failure(() => ShareableList.open(name)).code).toBe('ENOENT');
    again.close();
    expect(exists(name)).toBe(false);
  });

  test('travels as an argument', async () => {
    const list = new ShareableList([3, 4, 'x']);
    const { listToExitCode } = await import('./fixtures/memory-targets.mjs');
    const module = new URL('./fixtures/memory-targets.mjs', import.meta.url);
    const child = new Process({ target: listToExitCode, args: [list], module }).start();
    list.close();
    await child.join();
    expect(child.exitcode).toBe(7);
  });

  test('leaves nothing in 1,000 rounds', async () => {
    const { stdout, stderr } = await run(`
      import fs from 'node:fs';
      const fds = () => fs.readdirSync('/proc/self/fd').length;
      const round = () => { const list = new ip.ShareableList([1, 'x', null]); list.set(0, 2); list.close(); };
      for (let i = 0; i < 20; i++) round();
      const before = fds();
      const kept = new ip.ShareableList([1]);
      for (let i = 0; i < 1000; i++) round();
      kept.close();
      console.log(fds() - before);`);
    expect(stdout.trim(), stderr).toBe('0');
  });

  const bad: readonly (readonly [string, unknown, string])[] = [
    ['undefined', undefined, 'ERR_INVALID_ARG_TYPE'],
    ['an object', {}, 'ERR_INVALID_ARG_TYPE'],
    ['an array', [1], 'ERR_INVALID_ARG_TYPE'],
    ['a function', () => 1, 'ERR_INVALID_ARG_TYPE'],
    ['an ArrayBuffer', new ArrayBuffer(1), 'ERR_INVALID_ARG_TYPE'],
    ['other typed arrays', new Uint16Array(1), 'ERR_INVALID_ARG_TYPE'],
    ['an integer of 65 bits', 2n ** 63n, 'ERR_OUT_OF_RANGE'],
    ['half a character', '\udc00', 'ERR_OUT_OF_RANGE'],
  ];
  test.each(bad)('refuses %s as a value', (_what, value, code) => {
    expect(failure(() => new ShareableList([value as number])).code).toBe(code);
    const list = kept(new ShareableList([1]));
    expect(failure(() => list.set(0, value as number)).code).toBe(code);
    expect(list.get(0)).toBe(1);
  });

  test('refuses values and options that are none', () => {
    expect(failure(() => new ShareableList(5 as unknown as [])).code).toBe('ERR_INVALID_ARG_TYPE');
    expect(failure(() => new ShareableList('ab' as unknown as [])).code).toBe(
      'ERR_INVALID_ARG_TYPE',
    );
    expect(failure(() => new ShareableList([], { nam: 'x' } as object)).code).toBe(
      'ERR_UNKNOWN_OPTION',
    );
    expect(failure(() => ShareableList.open(1 as unknown as string)).code).toBe(
      'ERR_INVALID_ARG_TYPE',
    );
  });
});

describe('memory that holds no list', () => {
  function corrupt(change: (memory: Buffer) => void, list = [1, 'text', null]) {
    const made = kept(new ShareableList(list));
    change(made.shm.buf);
    return made;
  }
  test.each([
    ['too many values', (m: Buffer) => m.writeBigInt64LE(1000n, 0)],
    ['a negative count', (m: Buffer) => m.writeBigInt64LE(-1n, 0)],
    ['an offset beyond the memory', (m: Buffer) => m.writeBigInt64LE(10_000n, 32)],
    ['offsets that go back', (m: Buffer) => m.writeBigInt64LE(-8n, 16)],
    ['a first offset that is not 0', (m: Buffer) => m.writeBigInt64LE(8n, 8)],
  ])('%s is refused when it is opened', (_what, change) => {
    const { name } = corrupt(change);
    expect(failure(() => ShareableList.open(name)).code).toBe('ERR_CORRUPT_SEGMENT');
  });
  test('so is memory that is too short', () => {
    const memory = kept(new SharedMemory({ create: true, size: 15 }));
    expect(failure(() => ShareableList.open(memory.name)).code).toBe('ERR_CORRUPT_SEGMENT');
  });
  test.each([
    ['99s', 2],
    ['Q', 0],
    ['', 0],
    ['8s', 0],
    ['q', 9],
  ])(
    "a format '%s' of kind %s is refused when it is read, and harms no other value",
    (format, kind) => {
      const list = corrupt((memory) => {
        const formats = memory.length - 3 - 24;
        memory.fill(0, formats + 8, formats + 16);
        memory.write(format, formats + 8, 'latin1');
        memory[memory.length - 2] = kind;
      });
      expect(failure(() => list.get(1)).code).toBe('ERR_CORRUPT_SEGMENT');
      expect([list.get(0), list.get(2)]).toEqual([1, null]);
    },
  );
  test('the file is what the class says, byte by byte', () => {
    const list = kept(new ShareableList([1, 'ab']));
    const file = readFileSync(`/dev/shm/${list.name}`);
    const word = (n: bigint) => {
      const b = Buffer.alloc(8);
      b.writeBigInt64LE(n);
      return b;
    };
    expect(file).toEqual(
      Buffer.concat([
        word(2n),
        word(0n),
        word(8n),
        word(16n),
        word(1n),
        Buffer.from('ab\0\0\0\0\0\0'),
        Buffer.from('q\0\0\0\0\0\0\0'),
        Buffer.from('8s\0\0\0\0\0\0'),
        Buffer.from([0, 1]),
      ]),
    );
  });
});
