import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  attach,
  ClosedError,
  InterprocError,
  LayoutMismatchError,
  Lock,
  Pipe,
  Queue,
} from '../dist/index.js';
import { throws } from './helpers/failures.js';
import { own, ownBoth } from './helpers/owned.js';
import { Peer } from './helpers/peer.js';

let names = 0;
const fresh = () => `test-${process.pid}-${++names}`;
const exists = (name: string) => readdirSync('/dev/shm').includes(`interproc.${name}`);

describe('the name of a queue', () => {
  it('can be given, must be free then, and leads to the queue', () => {
    const name = fresh();
    const queue = own(new Queue<number>({ name }));
    expect(queue.name).toBe(name);
    const error = throws(() => new Queue({ name }), InterprocError, 'EEXIST');
    expect(error).toMatchObject({ errno: -17, path: expect.stringContaining(name) });
    expect((error as { syscall?: string }).syscall).toBeTypeOf('string');
    own(Queue.open<number>(name)).putSync(1);
    expect(queue.getSync()).toBe(1);
  });

  it('must exist to be opened', () => {
    const name = fresh();
    expect(throws(() => Queue.open(name), InterprocError, 'ENOENT')).toMatchObject({ errno: -2 });
    throws(() => Queue.unlink(name), InterprocError, 'ENOENT');
    expect(exists(name)).toBe(false);
  });

  it('is made up, short and unique, where none is given', () => {
    const made = Array.from({ length: 50 }, () => own(new Queue({ capacity: 4096 })).name);
    expect(new Set(made).size).toBe(50);
    for (const name of made) expect(name).toMatch(/^[A-Za-z0-9._-]{1,12}$/);
  });

  it('has 1 to 200 harmless characters', () => {
    const longest = 'n'.repeat(200);
    expect(own(new Queue({ name: longest })).name).toBe(longest);
    for (const name of ['', 'a/b', '../x', 'ä', 'a b', 'n'.repeat(201), 'a\0'])
      throws(() => new Queue({ name }), RangeError, 'ERR_OUT_OF_RANGE');
    throws(() => new Queue({ name: 5 as unknown as string }), TypeError, 'ERR_INVALID_ARG_TYPE');
    throws(() => Queue.open(undefined as unknown as string), TypeError, 'ERR_INVALID_ARG_TYPE');
  });

  it('may be opened or created in one call', async () => {
    const name = fresh();
    const options = { maxsize: 4, capacity: 8192, codec: 'json', maxBytes: 1000 } as const;
    const queue = own(Queue.openOrCreate<number>(name, options));
    const again = own(Queue.openOrCreate<number>(name, options));
    const plain = own(Queue.openOrCreate<number>(name));
    expect([plain.maxsize, plain.capacity]).toEqual([4, 8192]);
    again.putSync(3);
    expect(await queue.get()).toBe(3);
  });

  it('is refused by openOrCreate where what exists contradicts an option', () => {
    const name = fresh();
    own(new Queue({ name, maxsize: 4, capacity: 8192, codec: 'json', maxBytes: 1000 }));
    const contradictions = [
      { maxsize: 5 },
      { maxsize: 0 },
      { capacity: 16_384 },
      { codec: 'v8' as const },
      { maxBytes: 1001 },
      { persist: true },
      { mode: 0o644 },
    ];
    for (const options of contradictions) {
      const [option] = Object.keys(options);
      const error = throws(
        () => Queue.openOrCreate(name, options),
        InterprocError,
        'ERR_OPTIONS_MISMATCH',
      );
      expect(error.message).toContain(option);
    }
    expect(own(Queue.openOrCreate(name, { capacity: 8000, mode: 0o600 })).maxsize).toBe(4);
  });

  it('that belongs to another kind of object is refused, here and in another process, and left alone', () => {
    const lock = own(new Lock({ name: fresh() }));
    const [end] = ownBoth(Pipe({ name: fresh() }));
    const queue = own(new Queue({ name: fresh() }));
    for (const name of [lock.name, end.name]) {
      throws(() => Queue.open(name), LayoutMismatchError, 'ERR_LAYOUT_MISMATCH');
      throws(() => Queue.openOrCreate(name), LayoutMismatchError, 'ERR_LAYOUT_MISMATCH');
      throws(() => new Queue({ name }), InterprocError, 'EEXIST');
    }
    throws(() => Lock.open(queue.name), LayoutMismatchError, 'ERR_LAYOUT_MISMATCH');
    expect(lock.acquireSync({ timeout: 0 })).not.toBe(null);
    lock.close();
    expect(exists(lock.name)).toBe(false);
  });

  it('goes when the last handle is closed', () => {
    const queue = own(new Queue());
    const second = own(Queue.open(queue.name));
    queue.close();
    expect(exists(queue.name)).toBe(true);
    second.putSync('still there');
    second.close();
    expect(exists(queue.name)).toBe(false);
    throws(() => Queue.open(queue.name), InterprocError, 'ENOENT');
  });

  it('stays without anybody where it persists, until it is unlinked', async () => {
    const name = fresh();
    new Queue<string>({ name, persist: true }).close();
    try {
      const peer = new Peer('queue', 'putAndExit', { name, items: ['kept'], code: 0 });
      expect(await peer.ended).toEqual({ code: 0, signal: null });
      const queue = own(Queue.open<string>(name));
      expect(queue.getNowait()).toBe('kept');
    } finally {
      Queue.unlink(name);
    }
    expect(exists(name)).toBe(false);
  });

  it('can be given up while those who are attached go on', () => {
    const queue = own(new Queue<number>());
    const second = own(Queue.open<number>(queue.name));
    queue.unlink();
    throws(() => queue.unlink(), InterprocError, 'ENOENT');
    const other = own(new Queue<number>({ name: queue.name }));
    second.putSync(1);
    expect([queue.getSync(), other.empty()]).toEqual([1, true]);
    expect(own(Queue.open(queue.name)).empty()).toBe(true);
    queue.close();
    second.close();
    expect(exists(queue.name)).toBe(true);
  });

  it('travels in a handle, which is plain data', () => {
    const queue = own(new Queue<number>());
    const text = JSON.stringify(queue);
    expect(JSON.parse(text)).toEqual({ interproc: 1, kind: 'queue', name: queue.name });
    const attached = own(attach(JSON.parse(text)) as Queue<number>);
    expect(attached).toBeInstanceOf(Queue);
    attached.putSync(9);
    expect(queue.getSync()).toBe(9);
    for (const wrong of [
      null,
      'x',
      {},
      { interproc: 2 },
      { interproc: 1, kind: 'toString', name: 'x' },
    ])
      throws(() => attach(wrong), TypeError, 'ERR_INVALID_ARG_TYPE');
    attached.close();
    throws(() => attached.qsize(), ClosedError, 'ERR_CLOSED');
  });
});
