import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import {
  AuthenticationError,
  BrokenPipeError,
  EOFError,
  InterprocError,
  MessageTooLargeError,
  TimeoutError,
} from '../dist/index.js';
import { descriptors } from './helpers/descriptors.js';
import { rejects } from './helpers/failures.js';
import { own } from './helpers/owned.js';
import { connected, frame, listen, stranger, tcp } from './helpers/sockets.js';
import { until } from './helpers/time.js';

const authkey = 'key';

function header(...words: number[]): Buffer {
  const bytes = Buffer.alloc(words.length * 4);
  for (const [index, word] of words.entries()) bytes.writeInt32BE(word, index * 4);
  return bytes;
}

const garbage: [what: string, bytes: Buffer][] = [
  ['a header that promises 257 bytes', header(257)],
  ['a header that promises 2 GiB', header(2 ** 31 - 1)],
  ['a negative length', header(-2)],
  ['the least length of all', header(-(2 ** 31))],
  ['a long header that promises 2^64 bytes', header(-1, -1, -1)],
  ['a long header that promises 257 bytes', header(-1, 0, 257)],
  ['a request of HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
  ['a hello of TLS', Buffer.from('16030100c8010000c40303', 'hex')],
  ['a megabyte at random', Buffer.concat([header(0x41414141), randomBytes(1_000_000)])],
  ['many empty messages', Buffer.alloc(20_000)],
];

describe('before authentication', () => {
  for (const [what, bytes] of garbage) {
    it(`${what} ends in a failed accept and a closed socket`, async () => {
      for (const address of [undefined, tcp]) {
        const listener = await listen({ authkey }, address);
        const socket = await stranger(listener.address);
        socket.resume();
        socket.write(bytes);
        const error = await rejects(listener.accept(), AuthenticationError, 'ERR_AUTHENTICATION');
        expect(error.cause).not.toBeInstanceOf(TimeoutError);
        await until(() => socket.destroyed);
        await connected(listener, { authkey });
      }
    });
  }

  it('a socket that leaves at any moment leaves nothing behind', async () => {
    const listener = await listen({ authkey, handshakeTimeout: 2_000 }, tcp);
    await connected(listener, { authkey });
    const before = descriptors();
    const accepting = Promise.all(
      Array.from({ length: 40 }, () =>
        rejects(listener.accept(), AuthenticationError, 'ERR_AUTHENTICATION'),
      ),
    );
    for (let count = 0; count < 40; count++) {
      const socket = await stranger(listener.address);
      socket.write(frame('x'.repeat(count)).subarray(0, count));
      if (count % 3 === 0) socket.resetAndDestroy();
      else socket.destroy();
    }
    await accepting;
    await until(() => descriptors() <= before);
  });
});

describe('after the connection was made', () => {
  for (const [what, bytes] of garbage) {
    it(`${what} ends in an error with a code, or waits for more`, async () => {
      const listener = await listen({ maxBytes: 256 });
      const socket = await stranger(listener.address);
      const connection = own(await listener.accept());
      socket.write(bytes);
      socket.end();
      for (;;) {
        const error = await connection.recv().catch((failed: unknown) => failed);
        expect(error).toBeInstanceOf(InterprocError);
        if ((error as InterprocError).code === 'ERR_NOT_SERIALIZABLE') continue;
        expect(['ERR_MESSAGE_TOO_LARGE', 'ERR_EOF']).toContain((error as InterprocError).code);
        break;
      }
    });
  }

  it('a promised length alone takes no memory', async () => {
    const listener = await listen();
    const connections: { socket: Socket; receiving: Promise<unknown> }[] = [];
    const before = process.memoryUsage().arrayBuffers;
    for (let count = 0; count < 20; count++) {
      const socket = await stranger(listener.address);
      socket.write(Buffer.concat([header(2 ** 30), Buffer.alloc(1_000)]));
      const connection = own(await listener.accept());
      const receiving = connection.recv().catch(() => 'ended');
      connections.push({ socket, receiving });
    }
    await until(() => connections.every(({ socket }) => socket.writableLength === 0));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50_000_000);
    for (const { socket } of connections) socket.destroy();
    expect(await Promise.all(connections.map(({ receiving }) => receiving))).toEqual(
      connections.map(() => 'ended'),
    );
  });

  it('an end in the middle of a message is the end of file', async () => {
    const listener = await listen();
    const socket = await stranger(listener.address);
    const connection = own(await listener.accept());
    socket.end(Buffer.concat([frame('"x"'), header(100), Buffer.alloc(50)]));
    await connection.recvBytes();
    const error = await rejects(connection.recv(), EOFError, 'ERR_EOF');
    expect(error.message).toContain('middle');
  });

  it('messages that come byte by byte are whole', async () => {
    const listener = await listen({ codec: 'json' });
    const socket = await stranger(listener.address);
    const connection = own(await listener.accept());
    const bytes = Buffer.concat([
      frame('[1]'),
      frame('{"a":2}'),
      header(-1, 0, 3),
      Buffer.from('[3]'),
    ]);
    const got: unknown[] = [];
    const reading = (async () => {
      for await (const message of connection) got.push(message);
    })();
    for (const byte of bytes) await new Promise((sent) => socket.write(Buffer.of(byte), sent));
    socket.end();
    await reading;
    expect(got).toEqual([[1], { a: 2 }, [3]]);
  });

  it('a sender that never stops does not fill the memory of one who does not read', async () => {
    const listener = await listen();
    const socket = await stranger(listener.address);
    const connection = own(await listener.accept());
    const chunk = frame(Buffer.alloc(50_000));
    let taken = 0;
    for (let count = 0; count < 400; count++) socket.write(chunk, () => (taken += chunk.length));
    await connection.poll(5_000);
    const settled = async () => {
      const before = taken;
      await new Promise((later) => setTimeout(later, 100));
      return taken === before;
    };
    await until(settled);
    expect(taken).toBeLessThan(4_000_000);
    for (let count = 0; count < 400; count++)
      expect(await connection.recvBytes()).toHaveLength(50_000);
  });

  for (const words of [[11], [-2], [-(2 ** 31)], [-1, 0, 11], [-1, -1, -1]]) {
    it(`a message too large is refused by its header alone: ${words}`, async () => {
      const listener = await listen({ maxBytes: 10 });
      const socket = await stranger(listener.address);
      const connection = own(await listener.accept());
      socket.write(header(...words));
      await rejects(connection.recv(), MessageTooLargeError, 'ERR_MESSAGE_TOO_LARGE');
      await rejects(connection.send(1), BrokenPipeError, 'EPIPE');
    });
  }
});
