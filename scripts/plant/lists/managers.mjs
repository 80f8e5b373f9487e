// What strangers, silence and many connections may do to a listener or a manager's server, each bound taken away: docs/managers.md.
const edit = (file, from, to) => ({ file, from, to });
const sockets = (file, from, to) => edit(`lib/sockets/${file}`, from, to);

const silence = [
  {
    name: 'nobody notices that the other machine fell silent',
    ...sockets(
      'silence.ts',
      'if (socket.remotePort === undefined) return;',
      'if (limit > 0) return;',
    ),
    by: [
      'node test/manager-network.test.ts "over TCP: a network that falls silent"',
      'node test/manager-network.test.ts "over TLS: a network that falls silent"',
      'node test/manager-network.test.ts "fails for a call that is on the way"',
    ],
  },
];

const handshakes = [
  {
    name: 'a handshake has no end',
    ...sockets('handshake.ts', ' ms`);\n        channel.close();', ' ms`);'),
    by: 'node test/listener-authentication.test.ts "ends after its time"',
  },
  {
    name: 'a handshake has no end as long as bytes come',
    edits: [
      sockets('handshake.ts', "import { after } from '../select/timer.js';\n", ''),
      sockets(
        'handshake.ts',
        'const cancel = after(',
        `const after = (ms: number, act: () => void, _client: boolean) => {
      channel.planted.setTimeout(ms, act);
      return () => channel.planted.setTimeout(0);
    };
    const cancel = after(`,
      ),
      sockets(
        'channel.ts',
        '  close(): void {',
        '  get planted() {\n    return this.#socket;\n  }\n\n  close(): void {',
      ),
    ],
    by: 'node test/listener-authentication.test.ts "ends after its time"',
  },
  {
    name: 'who fails in the handshake stays connected',
    ...sockets('handshake.ts', 'channel.close();\n      if (error', 'if (error'),
    by: 'node test/listener-authentication.test.ts "refuses a client that answers"',
  },
  {
    name: 'who fails in the handshake of TLS stays connected',
    ...sockets('tls-gate.ts', '(cause, socket) => {\n        socket.destroy();', '(cause) => {'),
    by: 'node test/manager-tls.test.ts "turns away strangers"',
  },
  {
    name: 'who has no certificate that is trusted stays connected',
    ...sockets('tls-gate.ts', '\n          socket.destroy();', ''),
    by: 'node test/manager-tls.test.ts "what was wrong with a certificate"',
  },
  {
    name: 'a handshake of TLS has no end',
    ...sockets('tls-gate.ts', 'handshakeTimeout: timeout,', 'handshakeTimeout: timeout * 1_000,'),
    by: 'node test/manager-tls.test.ts "turns away strangers"',
  },
  {
    name: 'any number may be in the handshake',
    ...sockets(
      'listener.ts',
      '(bounded && under >= this.#maxHandshakes)',
      '(bounded && under >= this.#maxHandshakes * 1_000)',
    ),
    by: [
      'node test/listener-authentication.test.ts "is granted to a bounded number"',
      'node test/manager-tls.test.ts "turns away strangers"',
    ],
  },
];

const thousand = 'node test/manager-hostile.test.ts "1,000 connections"';

const connections = [
  {
    name: 'a client that leaves keeps its objects',
    ...edit(
      'lib/manager/server-session.ts',
      'for (const [number, count] of this.#references) this.#host.release(number, count);',
      '',
    ),
    by: thousand,
  },
  {
    name: 'a listener never forgets who was in the handshake',
    edits: [
      sockets(
        'listener.ts',
        'this.#handshakes.delete(channel);\n        this.#add({ channel });',
        'this.#add({ channel });',
      ),
      sockets(
        'listener.ts',
        'this.#handshakes.delete(channel);\n        this.#add({ error });',
        'this.#add({ error });',
      ),
    ],
    by: thousand,
  },
  {
    name: 'a server never forgets a connection',
    ...edit('lib/manager/server.ts', '.finally(() => this.#connections.delete(connection))', ''),
    by: thousand,
  },
  {
    name: 'a server keeps what it knew of a client',
    ...edit('lib/manager/server.ts', 'this.#sessions.delete(session);', ''),
    by: thousand,
  },
];

export const faults = [...silence, ...handshakes, ...connections];
