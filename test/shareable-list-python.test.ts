import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ShareableList } from '../dist/index.js';
import { kept } from './helpers/memory.js';
import { answerOfPython, runPython } from './helpers/python.js';

const show = `
def show(values):
    return [[type(v).__name__, v.hex() if isinstance(v, (bytes, float)) else str(v)] for v in values]
`;

describe('ShareableList and Python', () => {
  test('Python reads ours, and writes into it', async () => {
    const list = kept(
      new ShareableList([
        1,
        -(2n ** 63n),
        2.5,
        -0,
        true,
        null,
        'täxt',
        Buffer.from([0, 1, 255]),
        '',
        'room for it',
      ]),
    );
    const seen = await answerOfPython(
      `${show}
l = opened(ShareableList, sys.argv[1])
seen = show(l)
l[0] = 'byPython'
l[2] = None
l[4] = 2**62
l[6] = 'aé'
l[7] = b'\\xff\\x00\\x01'
l[9] = 1.25
say([len(l), seen, l.index('aé'), l.count(None)])
l.shm.close()`,
      list.name,
    );
    expect(seen).toEqual([
      10,
      [
        ['int', '1'],
        ['int', String(-(2n ** 63n))],
        ['float', '0x1.4000000000000p+1'],
        ['float', '-0x0.0p+0'],
        ['bool', 'True'],
        ['NoneType', 'None'],
        ['str', 'täxt'],
        ['bytes', '0001ff'],
        ['str', ''],
        ['str', 'room for it'],
      ],
      6,
      2,
    ]);
    expect([...list]).toEqual([
      'byPython',
      -(2n ** 63n),
      null,
      -0,
      2n ** 62n,
      null,
      'aé',
      Buffer.from([255, 0, 1]),
      '',
      1.25,
    ]);
  });

  test('Python does not see trailing NULs, and can use the whole place of such a value', async () => {
    const list = kept(new ShareableList(['ab\0\0', Buffer.from([7, 0, 0]), 'c\0']));
    const seen = await answerOfPython(
      `l = opened(ShareableList, sys.argv[1])
seen = [l[0], l[1].hex(), l[2]]
l[0] = '12345678'
l[1] = 'long str'
say(seen + [l[0], l[1]])
l.shm.close()`,
      list.name,
    );
    expect(seen).toEqual(['ab', '07', 'c', '12345678', 'long str']);
    expect([...list]).toEqual(['12345678', 'long str', 'c\0']);
  });

  test('we read what Python made, and write into it', async () => {
    const python =
      runPython(`l = ShareableList([1, 2.5, True, False, None, 'text', b'by\\x00tes', 'x' * 20, 2**62])
say(l.shm.name)
sys.stdin.readline()
say([l[0], l[1], l[2], l[5], l[6].hex(), l[7], l[8]])
l.shm.close()
l.shm.unlink()`);
    const list = ShareableList.open(await python.said<string>());
    expect([...list]).toEqual([
      1,
      2.5,
      true,
      false,
      null,
      'text',
      Buffer.from('by\0tes'),
      'x'.repeat(20),
      2n ** 62n,
    ]);
    list.set(0, 'ours');
    list.set(1, 7);
    list.set(2, false);
    list.set(5, 'längst');
    list.set(6, Buffer.from([9, 0, 8]));
    list.set(7, null);
    list.set(8, 0.5);
    list.close();
    python.go();
    expect(await python.said()).toEqual(['ours', 7, false, 'längst', '090008', null, 0.5]);
    expect(await python.ended).toBe(0);
  });

  test('the same values make the same bytes', async () => {
    const python = runPython(`l = ShareableList([1, 2.5, True, None, 'abc', b'12345678', ''])
say(l.shm.name)
sys.stdin.readline()
l.shm.close()
l.shm.unlink()`);
    const theirs = readFileSync(`/dev/shm/${await python.said<string>()}`);
    const ours = kept(new ShareableList([1, 2.5, true, null, 'abc', Buffer.from('12345678'), '']));
    expect(readFileSync(`/dev/shm/${ours.name}`)).toEqual(theirs);
    python.go();
    expect(await python.ended).toBe(0);
  });
});
