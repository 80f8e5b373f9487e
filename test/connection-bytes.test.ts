import { describe, expect, it } from 'vitest';
import {
  BufferTooShort,
  ClosedError,
  EOFError,
  InterprocError,
  MessageTooLargeError,
  Pipe,
  TimeoutError,
} from '../dist/index.js';
import { rejects, throws } from './helpers/failures.js';
import { ownBoth } from './helpers/owned.js';
import { isPending } from './helpers/time.js';

describe('bytes through a pipe', () => {
  it('keep their message boundaries, empty messages too', async () => {
    const [a, b] = ownBoth(Pipe());
    const messages = ['', 'one', '', '', 'two'].map((text) => Buffer.from(text));
    for (const message of messages) await a.sendBytes(message);
    for (const message of messages) expect(await b.recvBytes()).toEqual(message);
    for (const message of messages) a.sendBytesSync(message);
    for (const message of messages) expect(b.recvBytesSync()).toEqual(message);
    expect(b.pollSync()).toBe(false);
  });

  it('may be a part of any buffer', async () => {
    const [a, b] = ownBoth(Pipe());
    const bytes = Buffer.from('0123456789');
    const cases: [number | undefined, number | undefined, string][] = [
      [undefined, undefined, '0123456789'],
      [3, undefined, '3456789'],
      [3, 4, '3456'],
      [0, 0, ''],
      [10, undefined, ''],
      [10, 0, ''],
    ];
    for (const [offset, size, expected] of cases) {
      await a.sendBytes(bytes, offset, size);
      a.sendBytesSync(bytes, offset, size);
      expect((await b.recvBytes()).toString()).toBe(expected);
      expect(b.recvBytesSync().toString()).toBe(expected);
    }
    const words = new Uint16Array([0x3130, 0x3332]);
    for (const source of [words, words.buffer, new DataView(words.buffer)]) {
      a.sendBytesSync(source);
      expect(b.recvBytesSync().toString()).toBe('0123');
    }
  });

  it('must lie in their buffer', async () => {
    const [a, b] = ownBoth(Pipe());
    const bytes = Buffer.alloc(10);
    for (const [offset, size] of [
      [-1, undefined],
      [11, undefined],
      [0, -1],
      [0, 11],
      [6, 5],
      [0.5, 1],
    ] as const) {
      await rejects(a.sendBytes(bytes, offset, size), RangeError, 'ERR_OUT_OF_RANGE');
      throws(() => a.sendBytesSync(bytes, offset, size), RangeError, 'ERR_OUT_OF_RANGE');
    }
    for (const wrong of ['text', 5, null, [1, 2]] as unknown as Buffer[]) {
      await rejects(a.sendBytes(wrong), TypeError, 'ERR_INVALID_ARG_TYPE');
      throws(() => a.sendBytesSync(wrong), TypeError, 'ERR_INVALID_ARG_TYPE');
    }
    await rejects(b.recvBytesInto(bytes, 11), RangeError, 'ERR_OUT_OF_RANGE');
    await rejects(b.recvBytesInto(bytes, -1), RangeError, 'ERR_OUT_OF_RANGE');
    await rejects(b.recvBytes(-1), RangeError, 'ERR_OUT_OF_RANGE');
    throws(() => b.recvBytesSync('9' as unknown as number), TypeError, 'ERR_INVALID_ARG_TYPE');
    expect(b.pollSync()).toBe(false);
  });

  it('are those of a send, and the reverse', () => {
    const [a, b] = ownBoth(Pipe<unknown>({ codec: 'json' }));
    a.sendSync({ n: 1 });
    expect(b.recvBytesSync().toString()).toBe('{"n":1}');
    a.sendBytesSync(Buffer.from('[true]'));
    expect(b.recvSync()).toEqual([true]);
  });

  it('may be received into a buffer, from an offset', async () => {
    const [a, b] = ownBoth(Pipe());
    const target = Buffer.alloc(10, '.');
    a.sendBytesSync(Buffer.from('abc'));
    expect(await b.recvBytesInto(target)).toBe(3);
    a.sendBytesSync(Buffer.from('defg'));
    expect(b.recvBytesIntoSync(target, 6)).toBe(4);
    expect(target.toString()).toBe('abc...defg');
    a.sendBytesSync(Buffer.alloc(0));
    expect(await b.recvBytesInto(target, 10)).toBe(0);
    const view = new Uint32Array(1);
    a.sendBytesSync(Buffer.from([1, 0, 0, 0]));
    expect(b.recvBytesIntoSync(view)).toBe(4);
    expect(view[0]).toBe(1);
  });

  it('that do not fit the buffer are whole in the error, and taken', async () => {
    const [a, b] = ownBoth(Pipe());
    for (const length of [11, 70_000, 300_000]) {
      const message = Buffer.alloc(length, 'm');
      a.sendBytesSync(message);
      a.sendBytesSync(message);
      const target = Buffer.alloc(10, '.');
      const error = await rejects(b.recvBytesInto(target), BufferTooShort, 'ERR_BUFFER_TOO_SHORT');
      expect((error as BufferTooShort).data?.equals(message)).toBe(true);
      const sync = throws(
        () => b.recvBytesIntoSync(target, 5),
        BufferTooShort,
        'ERR_BUFFER_TOO_SHORT',
      );
      expect((sync as BufferTooShort).data?.equals(message)).toBe(true);
      expect(target.toString()).toBe('..........');
    }
    a.sendBytesSync(Buffer.from('next'));
    expect(b.recvBytesSync().toString()).toBe('next');
  });

  it('longer than maxLength spoil the end for reading, as in Python', async () => {
    const [a, b] = ownBoth(Pipe<string>());
    a.sendBytesSync(Buffer.from('12345'));
    expect(b.recvBytesSync(5).toString()).toBe('12345');
    a.sendBytesSync(Buffer.from('123456'));
    a.sendSync('behind it');
    await rejects(b.recvBytes(5), BufferTooShort, 'ERR_BUFFER_TOO_SHORT');
    expect([b.readable, b.writable, b.closed]).toEqual([false, true, false]);
    await rejects(b.recv(), InterprocError, 'ERR_NOT_READABLE');
    await rejects(b.recvBytes(), InterprocError, 'ERR_NOT_READABLE');
    throws(() => b.recvSync(), InterprocError, 'ERR_NOT_READABLE');
    await rejects(b.poll(), InterprocError, 'ERR_NOT_READABLE');
    b.sendSync('still writes');
    expect(a.recvSync()).toBe('still writes');
  });

  it('longer than maxLength fail the receives that wait behind, too', async () => {
    const [a, b] = ownBoth(Pipe<string>());
    const first = b.recvBytes(3);
    const second = b.recv();
    a.sendSync('longer than three');
    await rejects(first, BufferTooShort, 'ERR_BUFFER_TOO_SHORT');
    await rejects(second, InterprocError, 'ERR_NOT_READABLE');
  });

  it('longer than maxLength close an end that only reads, with its other waits', async () => {
    const [reader, writer] = ownBoth(Pipe<string>({ duplex: false }));
    const first = reader.recvBytes(3);
    const second = reader.recv();
    writer.sendSync('longer than three');
    await rejects(first, BufferTooShort, 'ERR_BUFFER_TOO_SHORT');
    await rejects(second, ClosedError, 'ERR_CLOSED');
    expect(reader.closed).toBe(true);
  });

  it('longer than maxLength close an end that only reads', async () => {
    const [reader, writer] = ownBoth(Pipe({ duplex: false }));
    writer.sendBytesSync(Buffer.from('123456'));
    throws(() => reader.recvBytesSync(5), BufferTooShort, 'ERR_BUFFER_TOO_SHORT');
    expect([reader.readable, reader.closed]).toEqual([false, true]);
    await expect(writer.sendBytes(Buffer.from('x'))).rejects.toMatchObject({ code: 'EPIPE' });
  });

  it('are bounded by maxBytes', async () => {
    const [a, b] = ownBoth(Pipe<Buffer>({ maxBytes: 10, codec: 'raw' }));
    a.sendBytesSync(Buffer.alloc(10));
    const long = Buffer.alloc(11);
    await rejects(a.sendBytes(long), MessageTooLargeError, 'ERR_MESSAGE_TOO_LARGE');
    throws(() => a.sendBytesSync(long), MessageTooLargeError, 'ERR_MESSAGE_TOO_LARGE');
    throws(() => a.sendSync(long), MessageTooLargeError, 'ERR_MESSAGE_TOO_LARGE');
    expect(b.recvBytesSync()).toHaveLength(10);
    throws(() => b.recvBytesSync(5, { timeout: 0 }), TimeoutError, 'ERR_TIMEOUT');
  });
});

describe('poll', () => {
  it('says whether there is a message, and takes nothing', async () => {
    const [a, b] = ownBoth(Pipe<string>());
    expect([await b.poll(), b.pollSync()]).toEqual([false, false]);
    a.sendBytesSync(Buffer.alloc(0));
    expect([await b.poll(), b.pollSync(), await b.poll(0), b.pollSync(-1)]).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(b.recvBytesSync()).toHaveLength(0);
    expect(await b.poll()).toBe(false);
  });

  it('waits for its time', async () => {
    const [a, b] = ownBoth(Pipe<string>());
    const start = performance.now();
    expect(await b.poll(60)).toBe(false);
    expect(b.pollSync(60)).toBe(false);
    expect(performance.now() - start).toBeGreaterThan(110);
    const waits = b.poll(Infinity);
    expect(await isPending(waits)).toBe(true);
    a.sendSync('there');
    expect(await waits).toBe(true);
    expect(b.recvSync()).toBe('there');
    await rejects(b.poll(Number.NaN), TypeError, 'ERR_INVALID_ARG_TYPE');
  });

  it('is true at the end of file as well', async () => {
    const [a, b] = ownBoth(Pipe<string>());
    const waits = b.poll(20_000);
    a.close();
    expect(await waits).toBe(true);
    expect([await b.poll(), b.pollSync()]).toEqual([true, true]);
    throws(() => b.recvSync(), EOFError, 'ERR_EOF');
    expect(b.pollSync()).toBe(true);
    b.close();
    await rejects(b.poll(), ClosedError, 'ERR_CLOSED');
  });
});

describe('a pipe that is not duplex', () => {
  it('has a reader and a writer, and no other direction', async () => {
    const [reader, writer] = ownBoth(Pipe<string>({ duplex: false }));
    expect([reader.readable, reader.writable]).toEqual([true, false]);
    expect([writer.readable, writer.writable]).toEqual([false, true]);
    await writer.send('one way');
    expect(await reader.recv()).toBe('one way');
    const bytes = Buffer.alloc(4);
    for (const call of [reader.send('x'), reader.sendBytes(bytes)])
      await rejects(call, InterprocError, 'ERR_NOT_WRITABLE');
    for (const call of [() => reader.sendSync('x'), () => reader.sendBytesSync(bytes)])
      throws(call, InterprocError, 'ERR_NOT_WRITABLE');
    for (const call of [
      writer.recv(),
      writer.recvBytes(),
      writer.recvBytesInto(bytes),
      writer.poll(),
    ])
      await rejects(call, InterprocError, 'ERR_NOT_READABLE');
    for (const call of [
      () => writer.recvSync(),
      () => writer.recvBytesSync(),
      () => writer.recvBytesIntoSync(bytes),
      () => writer.pollSync(),
    ])
      throws(call, InterprocError, 'ERR_NOT_READABLE');
    reader.close();
    expect(() => writer.sendSync('x')).toThrow(expect.objectContaining({ code: 'EPIPE' }));
  });
});
