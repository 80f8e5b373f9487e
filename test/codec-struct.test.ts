import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import {
  attach,
  c_bool,
  c_char,
  c_double,
  c_float,
  c_int,
  c_longlong,
  c_ubyte,
  c_wchar,
  InterprocError,
  Pipe,
  PriorityQueue,
  Queue,
  SerializationError,
  struct,
} from '../dist/index.js';
import { throws } from './helpers/failures.js';
import { own, ownBoth } from './helpers/owned.js';
import { Peer } from './helpers/peer.js';

const point = struct({ x: c_double, y: c_double });
const track = struct({ id: c_int, ok: c_bool, at: point, stamp: c_longlong }, 'track');
const sample = { id: -7, ok: true, at: { x: 0.5, y: -0 }, stamp: 2n ** 60n };

describe('a struct as the codec', () => {
  it('gives back equal records, nested ones too, through queues and pipes', async () => {
    const queue = own(new Queue({ codec: track }));
    await queue.put(sample);
    expect(await queue.get()).toStrictEqual(sample);
    queue.putManySync([sample, { ...sample, id: 1 }]);
    expect(queue.getManySync(9)).toStrictEqual([sample, { ...sample, id: 1 }]);
    const [reader, writer] = ownBoth(Pipe({ codec: track }));
    writer.sendSync(sample);
    expect(reader.recvSync()).toStrictEqual(sample);
    const urgent = own(new PriorityQueue({ codec: point }));
    urgent.putSync({ x: 2, y: 2 }, { priority: 2 });
    urgent.putSync({ x: 1, y: 1 }, { priority: 1 });
    expect(urgent.getSync()).toStrictEqual({ x: 1, y: 1 });
  });

  it('sends the bytes that C would, with zeros for padding', () => {
    const padded = struct({ tag: c_ubyte, value: c_int });
    const [reader, writer] = ownBoth(Pipe({ codec: padded }));
    writer.sendBytesSync(Buffer.alloc(64, 0xff));
    reader.recvBytesSync();
    writer.sendSync({ tag: 1, value: 2 });
    expect([...reader.recvBytesSync()]).toEqual([1, 0, 0, 0, 2, 0, 0, 0]);
  });

  it('takes every type, characters and rounded floats among them', () => {
    const all = struct({ c: c_char, w: c_wchar, f: c_float, b: c_bool });
    const queue = own(new Queue({ codec: all }));
    for (const f of [0.25, Infinity, Number.NaN, 3.4e38]) {
      queue.putSync({ c: Buffer.from('c'), w: '😀', f, b: false });
      const arrived = queue.getSync();
      expect(arrived).toStrictEqual({ c: Buffer.from('c'), w: '😀', f: Math.fround(f), b: false });
    }
  });

  it('is known to whoever opens the object', async () => {
    const queue = own(new Queue({ codec: track }));
    queue.putSync(sample);
    expect(own(Queue.open(queue.name)).getSync()).toStrictEqual(sample);
    queue.putSync(sample);
    expect(own(Queue.open(queue.name, { codec: track })).getSync()).toStrictEqual(sample);
    const again = own(attach(JSON.parse(JSON.stringify(queue.handle))) as Queue<typeof sample>);
    again.putSync(sample);
    expect(queue.getSync()).toStrictEqual(sample);
    const echoed = own(new Queue<{ x: number; y: number }>({ codec: point }));
    const peer = new Peer('queue', 'records', { name: echoed.name });
    expect(await echoed.get()).toStrictEqual({ x: 1.5, y: -2 });
    expect(await peer.ended).toEqual({ code: 0, signal: null });
  });

  it('is refused by whoever opens the object with another struct', () => {
    const queue = own(new Queue({ codec: track }));
    const other = own(new Queue());
    for (const { name } of [queue, other]) {
      throws(() => Queue.open(name, { codec: point }), InterprocError, 'ERR_OPTIONS_MISMATCH');
      throws(
        () => Queue.openOrCreate(name, { codec: point }),
        InterprocError,
        'ERR_OPTIONS_MISMATCH',
      );
    }
  });

  it('refuses what is no such record, naming the part, and queues nothing', () => {
    const queue = own(new Queue<unknown>({ codec: track as never }));
    const wrong: [unknown, string][] = [
      [undefined, '$'],
      [null, '$'],
      [5, '$'],
      [[1, true, { x: 1, y: 1 }, 1n], '$'],
      [{ ...sample, more: 1 }, '$.more'],
      [{ ...sample, id: undefined }, '$.id'],
      [{ id: 1, ok: true, at: { x: 1, y: 1 } }, '$.stamp'],
      [{ ...sample, id: 2 ** 31 }, '$.id'],
      [{ ...sample, id: 1.5 }, '$.id'],
      [{ ...sample, id: '1' }, '$.id'],
      [{ ...sample, id: Number.NaN }, '$.id'],
      [{ ...sample, ok: 'yes' }, '$.ok'],
      [{ ...sample, at: null }, '$.at'],
      [{ ...sample, at: { x: 1 } }, '$.at.y'],
      [{ ...sample, at: { x: 1, y: 2, z: 3 } }, '$.at.z'],
      [{ ...sample, stamp: 2n ** 63n }, '$.stamp'],
      [{ ...sample, stamp: 0.5 }, '$.stamp'],
    ];
    for (const [value, path] of wrong) {
      const error = throws(() => queue.putSync(value), SerializationError, 'ERR_NOT_SERIALIZABLE');
      expect((error as SerializationError).path).toBe(path);
    }
    expect(queue.qsize()).toBe(0);
  });

  it('reads all of a record before it writes, so that a getter may use the same codec', () => {
    const queue = own(new Queue({ codec: point }));
    queue.putSync({
      x: 1,
      get y() {
        queue.putSync({ x: 8, y: 9 });
        return 2;
      },
    });
    expect(queue.getManySync(2)).toStrictEqual([
      { x: 8, y: 9 },
      { x: 1, y: 2 },
    ]);
  });

  it('refuses bytes of another length', () => {
    const queue = own(new Queue({ codec: point }));
    const raw = own(Queue.open<Buffer>(queue.name, { codec: 'raw' }));
    raw.putSync(Buffer.alloc(15));
    raw.putSync(Buffer.alloc(17));
    for (let i = 0; i < 2; i++) {
      throws(() => queue.getSync(), SerializationError, 'ERR_NOT_SERIALIZABLE');
    }
  });

  it('works where a program may not make code', () => {
    const script = `
      import { c_int, Queue, struct } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)};
      const queue = new Queue({ codec: struct({ a: c_int, b: struct({ c: c_int }) }) });
      queue.putSync({ a: 1, b: { c: 2 } });
      console.log(JSON.stringify(queue.getSync()));
      queue.close();`;
    const flags = ['--disallow-code-generation-from-strings', '--input-type=module'];
    const output = execFileSync(process.execPath, [...flags, '--eval', script], {
      encoding: 'utf8',
    });
    expect(JSON.parse(output)).toEqual({ a: 1, b: { c: 2 } });
  });
});
