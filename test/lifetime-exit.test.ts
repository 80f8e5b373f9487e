import { strictEqual } from 'node:assert';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { library, nameFor, ownShm, present, run, start } from './helpers/segments.js';

/** Every kind of object, none of them closed; a pending wait and a doorbell beside them. */
const everything = `
  const prefix = process.argv[1];
  const named = (what) => ({ name: prefix + '-' + what });
  globalThis.kept = [
    new ip.Queue(named('queue')),
    new ip.Value('i', 1, named('value')),
    new ip.SharedArray('d', 1000, named('array')),
    new ip.Lock(named('lock')),
    ...ip.Pipe(named('pipe')),
  ];
  kept[3].acquireSync();
  kept[0].putSync(Buffer.alloc(3e6));
  const pending = kept[4].recv();
  pending.catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 5));
  console.log('ready');
`;
const kinds = ['queue', 'value', 'array', 'lock', 'pipe'];

/** The exit code is given where it is Node's to keep and ours not to change. */
const endings: [how: string, script: string, code?: number][] = [
  ['process.exit', 'process.exit(3);', 3],
  ['process.exit in a callback', 'setImmediate(() => process.exit(0));', 0],
  ['the end of the script', `kept[4].close(); kept[5].close();`, 0],
  ['an uncaught error', `throw new Error('on purpose');`, 1],
  ['an uncaught error in a callback', `setImmediate(() => { throw new Error('on purpose'); });`, 1],
  [
    'an unhandled rejection',
    `Promise.reject(new Error('on purpose')); setTimeout(() => {}, 30000);`,
    1,
  ],
  [
    'a handler of SIGTERM that exits',
    `process.on('SIGTERM', () => process.exit(5)); process.kill(process.pid, 'SIGTERM'); setTimeout(() => {}, 30000);`,
    5,
  ],
  [
    "an error in an 'exit' listener",
    `process.on('exit', () => { throw new Error('on purpose'); });process.exit(0);`,
  ],
];

describe('a process that never closed its objects', () => {
  for (const [how, script, expected] of endings) {
    it(`leaves nothing when it ends by ${how}`, async () => {
      const prefix = nameFor('exit');
      const { code, signal, stdout, stderr } = await run(`${everything}\n${script}`, {
        args: [prefix],
      });
      expect(stdout, stderr).toContain('ready');
      strictEqual(signal, null);
      if (expected !== undefined) strictEqual(code, expected);
      for (const kind of kinds) strictEqual(present(`${prefix}-${kind}`), false, kind);
    });
  }
});

describe('a process that a signal ended', () => {
  for (const name of ['SIGKILL', 'SIGTERM', 'SIGABRT', 'SIGINT'] as const) {
    it(`by ${name} is cleaned up after by the next start of any program of its user`, async () => {
      const prefix = nameFor('signal');
      const victim = start(`${everything}\nsetInterval(() => {}, 1000);`, { args: [prefix] });
      strictEqual(await victim.line(), 'ready');
      for (const kind of kinds) strictEqual(present(`${prefix}-${kind}`), true, kind);
      victim.child.kill(name);
      const { signal } = await victim.finished;
      strictEqual(signal, name);
      const { code } = await run('');
      strictEqual(code, 0);
      for (const kind of kinds) strictEqual(present(`${prefix}-${kind}`), false, kind);
    });
  }

  it('is cleaned up after by nobody who merely attaches to something else', async () => {
    const prefix = nameFor('persist');
    const victim = start(
      `globalThis.kept = new ip.Value('i', 5, { name: process.argv[1], persist: true });
       console.log('ready');
       setInterval(() => {}, 1000);`,
      { args: [prefix] },
    );
    strictEqual(await victim.line(), 'ready');
    victim.child.kill('SIGKILL');
    await victim.finished;
    strictEqual((await run('')).code, 0);
    // It was to persist, and does.
    strictEqual(present(prefix), true);
    const { stdout } = await run(
      `const value = ip.Value.open(process.argv[1]); console.log(value.value); value.unlink();`,
      { args: [prefix] },
    );
    strictEqual(stdout, '5\n');
    strictEqual(present(prefix), false);
  });
});

/** With a /dev/shm of its own everything can be seen that a program leaves, its doorbell too. Not every user may have one. */
const lists = [
  `"$@" >/dev/null 2>&1; ls -A /dev/shm | tr '\\n' ' '`,
  `"$@" >/dev/null 2>&1; node --input-type=module -e 'import "'$LIBRARY'"'; ls -A /dev/shm | tr '\\n' ' '`,
];
for (const [how, script, list] of [
  ['process.exit', 'process.exit(0);', lists[0]],
  ['the end of its work', 'kept[4].close(); kept[5].close();', lists[0]],
  ['an uncaught error', `throw new Error('on purpose');`, lists[0]],
  ['SIGKILL, and the start of another program', `process.kill(process.pid, 'SIGKILL');`, lists[1]],
] as const) {
  if (ownShm === undefined) break;
  const within = [...ownShm, 'sh', '-c', list ?? '', 'sh'];
  describe('the whole of /dev/shm', () => {
    it(`is empty after ${how}`, async () => {
      const env = {
        LIBRARY: library,
        PATH: `${path.dirname(process.execPath)}:${process.env['PATH']}`,
      };
      const { code, stdout, stderr } = await run(`${everything}\n${script}`, {
        within,
        env,
        args: ['whole'],
      });
      strictEqual(stdout, '', stderr);
      strictEqual(code, 0);
    });
  });
}
