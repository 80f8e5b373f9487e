import { describe, expect, it } from 'vitest';
import {
  AbortError,
  AuthenticationError,
  Client,
  InterprocError,
  Listener,
  TimeoutError,
} from '../dist/index.js';
import { rejects, throws } from './helpers/failures.js';
import { own } from './helpers/owned.js';
import { listen } from './helpers/sockets.js';

type Class = abstract new (...args: never[]) => Error;
type Wrong = [what: string, address: unknown, options: unknown, error: Class, code: string];

const wrong: Wrong[] = [
  ['a number for an address', 5, {}, TypeError, 'ERR_INVALID_ARG_TYPE'],
  ['null for an address', null, {}, TypeError, 'ERR_INVALID_ARG_TYPE'],
  ['an array for an address', ['localhost', 1], {}, TypeError, 'ERR_INVALID_ARG_TYPE'],
  ['an empty path', '', {}, RangeError, 'ERR_OUT_OF_RANGE'],
  ['an empty abstract name', '\0', {}, RangeError, 'ERR_OUT_OF_RANGE'],
  ['a path with a NUL inside', '/tmp/a\0b', {}, RangeError, 'ERR_OUT_OF_RANGE'],
  ['a path beyond the kernel', `/tmp/${'x'.repeat(120)}`, {}, RangeError, 'ERR_OUT_OF_RANGE'],
  ['an address without a port', { host: 'localhost' }, {}, TypeError, 'ERR_INVALID_ARG_TYPE'],
  ['a port that is text', { port: '80' }, {}, TypeError, 'ERR_INVALID_ARG_TYPE'],
  ['a port too high', { port: 65_536 }, {}, RangeError, 'ERR_OUT_OF_RANGE'],
  ['a port with a fraction', { port: 1.5 }, {}, RangeError, 'ERR_OUT_OF_RANGE'],
  ['a host that is a number', { host: 1, port: 1 }, {}, TypeError, 'ERR_INVALID_ARG_TYPE'],
  ['a host that is none', { host: 'a b', port: 1 }, {}, RangeError, 'ERR_OUT_OF_RANGE'],
  ['a misspelt part of an address', { prot: 1 }, {}, TypeError, 'ERR_UNKNOWN_OPTION'],
  ['options that are none', '/tmp/x', 7, TypeError, 'ERR_INVALID_ARG_TYPE'],
  ['a misspelt option', '/tmp/x', { autkey: 'k' }, TypeError, 'ERR_UNKNOWN_OPTION'],
  ['a key that is a number', '/tmp/x', { authkey: 7 }, TypeError, 'ERR_INVALID_ARG_TYPE'],
  ['a key that is null', '/tmp/x', { authkey: null }, TypeError, 'ERR_INVALID_ARG_TYPE'],
  ['an unknown codec', '/tmp/x', { codec: 'xml' }, RangeError, 'ERR_OUT_OF_RANGE'],
  ['a maxBytes of 0', '/tmp/x', { maxBytes: 0 }, RangeError, 'ERR_OUT_OF_RANGE'],
  [
    'a handshake without end',
    '/tmp/x',
    { handshakeTimeout: Infinity },
    RangeError,
    'ERR_OUT_OF_RANGE',
  ],
  ['a handshake of no time', '/tmp/x', { handshakeTimeout: 0 }, RangeError, 'ERR_OUT_OF_RANGE'],
  [
    'a handshake of NaN',
    '/tmp/x',
    { handshakeTimeout: Number.NaN },
    TypeError,
    'ERR_INVALID_ARG_TYPE',
  ],
  ['an insecure that is 1', '/tmp/x', { insecure: 1 }, TypeError, 'ERR_INVALID_ARG_TYPE'],
  ['an unknown family', '/tmp/x', { family: 'AF_PIPE' }, RangeError, 'ERR_OUT_OF_RANGE'],
  ['a family that is a number', '/tmp/x', { family: 2 }, TypeError, 'ERR_INVALID_ARG_TYPE'],
  [
    'a family other than the address',
    '/tmp/x',
    { family: 'AF_INET' },
    RangeError,
    'ERR_OUT_OF_RANGE',
  ],
  ['an open network', { host: '0.0.0.0', port: 1 }, {}, AuthenticationError, 'ERR_AUTHENTICATION'],
  [
    'an open network with an empty key',
    { host: '::', port: 1 },
    { authkey: '' },
    AuthenticationError,
    'ERR_AUTHENTICATION',
  ],
];

describe('Listener and Client refuse', () => {
  for (const [what, address, options, error, code] of wrong) {
    it(`${what}, with ${code}`, async () => {
      throws(() => new Listener(address as string, options as object), error, code);
      await rejects(Client(address as string, options as object), error, code);
    });
  }

  const listenerOnly: [what: string, options: unknown, error: Class, code: string][] = [
    ['a backlog of 0', { backlog: 0 }, RangeError, 'ERR_OUT_OF_RANGE'],
    ['a backlog that is text', { backlog: '5' }, TypeError, 'ERR_INVALID_ARG_TYPE'],
    ['a maxHandshakes below 1', { maxHandshakes: -1 }, RangeError, 'ERR_OUT_OF_RANGE'],
    ['a mode that is none', { mode: 0o7777 }, RangeError, 'ERR_OUT_OF_RANGE'],
    ['a timeout, which is for accept', { timeout: 5 }, TypeError, 'ERR_UNKNOWN_OPTION'],
  ];
  for (const [what, options, error, code] of listenerOnly) {
    it(`${what}, with ${code}`, () => {
      throws(() => new Listener(undefined, options as object), error, code);
    });
  }

  it('wrong limits of accept', async () => {
    const listener = own(new Listener());
    await rejects(listener.accept({ timeout: 'x' } as never), TypeError, 'ERR_INVALID_ARG_TYPE');
    await rejects(listener.accept({ tmeout: 1 } as never), TypeError, 'ERR_UNKNOWN_OPTION');
  });

  it('a client without an address, and with a port of 0', async () => {
    await rejects(Client(undefined as never), TypeError, 'ERR_INVALID_ARG_TYPE');
    await rejects(Client({ port: 0 }), RangeError, 'ERR_OUT_OF_RANGE');
  });
});

describe('Client', () => {
  it("rejects with the system's error, shaped as Node's, where nobody is", async () => {
    const error = await rejects(Client('/nowhere/socket'), InterprocError, 'ENOENT');
    expect(error).toMatchObject({ errno: -2, syscall: 'connect', path: '/nowhere/socket' });
    const listener = await listen({}, { port: 0 });
    const { address } = listener;
    listener.close();
    const refused = await rejects(Client(address), InterprocError, 'ECONNREFUSED');
    expect(refused).toMatchObject({
      syscall: 'connect',
      ...{ port: (address as { port: number }).port },
    });
    await rejects(Client(`\0nobody-${process.pid}`), InterprocError, 'ECONNREFUSED');
  });

  it('ends when its time is over or its signal is aborted, also in the handshake', async () => {
    // No key on this side: nobody will ever send a challenge.
    const mute = await listen();
    const key = { authkey: 'key' };
    await rejects(Client(mute.address, { ...key, timeout: 40 }), TimeoutError, 'ERR_TIMEOUT');
    await rejects(Client(mute.address, { ...key, timeout: 0 }), TimeoutError, 'ERR_TIMEOUT');
    const stop = new AbortController();
    const connecting = rejects(
      Client(mute.address, { ...key, signal: stop.signal }),
      AbortError,
      'ABORT_ERR',
    );
    setTimeout(() => stop.abort(), 20);
    await connecting;
    await rejects(Client(mute.address, { signal: stop.signal }), AbortError, 'ABORT_ERR');
    const late = await rejects(
      Client(mute.address, { ...key, handshakeTimeout: 40 }),
      AuthenticationError,
      'ERR_AUTHENTICATION',
    );
    expect(late.cause).toBeInstanceOf(TimeoutError);
  });
});
