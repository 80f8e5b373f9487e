import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { AuthenticationError, Client } from '../dist/index.js';
import { rejects } from './helpers/failures.js';
import { own } from './helpers/owned.js';
import { listen, tcp } from './helpers/sockets.js';

/**
 * The exchange of Python 3.12 and later over the running Python's own Connection. Older ones have the same framing, and an exchange
 * by MD5, which we refuse.
 */
const prelude = `
import hmac, json, os, sys
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Listener
sys.stdout.reconfigure(line_buffering=True)

def deliver(connection, key):
    message = b'{sha256}' + os.urandom(40)
    connection.send_bytes(b'#CHALLENGE#' + message)
    if connection.recv_bytes(256) != b'{sha256}' + hmac.new(key, message, 'sha256').digest():
        connection.send_bytes(b'#FAILURE#')
        raise AuthenticationError('digest received was wrong')
    connection.send_bytes(b'#WELCOME#')

def answer(connection, key):
    message = connection.recv_bytes(256)
    assert message.startswith(b'#CHALLENGE#{sha256}'), message
    message = message[len(b'#CHALLENGE#'):]
    connection.send_bytes(b'{sha256}' + hmac.new(key, message, 'sha256').digest())
    if connection.recv_bytes(256) != b'#WELCOME#':
        raise AuthenticationError('digest sent was rejected')

def address_of(text):
    given = json.loads(text)
    return given if isinstance(given, str) else (given['host'], given['port'])
`;

const directories: string[] = [];
const running = new Set<ReturnType<typeof spawn>>();

/** Runs Python; its lines, and its exit code. */
function python(script: string, ...args: string[]) {
  const child = spawn('python3', ['-c', prelude + script, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let output = '';
  let errors = '';
  child.stdout.on('data', (text) => (output += String(text)));
  child.stderr.on('data', (text) => (errors += String(text)));
  const ended = once(child, 'close').then(([code]) => {
    running.delete(child);
    if (code !== 0) throw new Error(`python3 ended with ${String(code)}\n${errors}`);
    return output.split('\n').filter((line) => line !== '');
  });
  ended.catch(() => undefined);
  // Its output may still be on the way when it has ended.
  const printed = new Promise<void>((resolve) => {
    child.stdout.on('data', () => {
      if (output.includes('\n')) resolve();
    });
  });
  const line = async () => {
    await Promise.race([printed, ended]);
    if (!output.includes('\n')) throw new Error(`python3 printed nothing\n${errors}`);
    return output.slice(0, output.indexOf('\n'));
  };
  return { ended, line };
}

afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  for (const made of directories.splice(0)) rmSync(made, { recursive: true, force: true });
});

const echo = `
    for _ in range(4):
        connection.send_bytes(connection.recv_bytes())
    connection.close()
`;
const messages = [
  Buffer.alloc(0),
  Buffer.from('bytes'),
  Buffer.alloc(16_385, 'a'),
  Buffer.alloc(3_000_000, 'large '),
];

describe("Python's multiprocessing.connection", () => {
  for (const key of [undefined, 'the key']) {
    const how = key === undefined ? 'without a key' : 'with a key';
    for (const address of [undefined, tcp]) {
      const over = address === undefined ? 'a Unix socket' : 'TCP';

      it(`connects to a Listener ${how} over ${over}`, async () => {
        const listener = await listen({ authkey: key }, address);
        const peer = python(
          `
key = sys.argv[2].encode()
with Client(address_of(sys.argv[1])) as connection:
    if key:
        answer(connection, key)
        deliver(connection, key)
${echo}`,
          JSON.stringify(listener.address),
          key ?? '',
        );
        const connection = own(await listener.accept());
        for (const message of messages) {
          const sending = connection.sendBytes(message);
          expect((await connection.recvBytes()).equals(message)).toBe(true);
          await sending;
        }
        await rejects(connection.recvBytes(), Error, 'ERR_EOF');
        await peer.ended;
      });

      it(`is connected to by a Client ${how} over ${over}`, async () => {
        const folder = mkdtempSync(path.join(tmpdir(), 'python-test-'));
        directories.push(folder);
        const peer = python(
          `
key = sys.argv[2].encode()
with Listener(address_of(sys.argv[1])) as listener:
    print(json.dumps(listener.address))
    connection = listener.accept()
    if key:
        deliver(connection, key)
        answer(connection, key)
${echo}`,
          JSON.stringify(
            address === undefined ? path.join(folder, 'socket') : { host: '127.0.0.1', port: 0 },
          ),
          key ?? '',
        );
        const place = JSON.parse(await peer.line()) as string | [string, number];
        const connection = own(
          await Client(typeof place === 'string' ? place : { host: place[0], port: place[1] }, {
            authkey: key,
          }),
        );
        for (const message of messages) {
          const sending = connection.sendBytes(message);
          expect((await connection.recvBytes()).equals(message)).toBe(true);
          await sending;
        }
        await peer.ended;
      });
    }
  }

  it('is told that its key is wrong, and so is the Listener', async () => {
    const listener = await listen({ authkey: 'right' });
    const peer = python(
      `
connection = Client(address_of(sys.argv[1]))
try:
    answer(connection, b'wrong')
except AuthenticationError as error:
    print(error)`,
      JSON.stringify(listener.address),
    );
    await rejects(listener.accept(), AuthenticationError, 'ERR_AUTHENTICATION');
    expect(await peer.ended).toEqual(['digest sent was rejected']);
  });

  it('reads our JSON as text, and we read its own', async () => {
    const listener = await listen<unknown>({ codec: 'json' });
    const peer = python(
      `
with Client(address_of(sys.argv[1])) as connection:
    value = json.loads(connection.recv_bytes())
    connection.send_bytes(json.dumps({'got': value}).encode())`,
      JSON.stringify(listener.address),
    );
    const connection = own(await listener.accept());
    await connection.send({ n: [1, 'é', null] });
    expect(await connection.recv()).toEqual({ got: { n: [1, 'é', null] } });
    await peer.ended;
  });
});
