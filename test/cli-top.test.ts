import { deepStrictEqual, match, ok, strictEqual } from 'node:assert';
import { describe, it } from 'vitest';
import { Lock, Queue } from '../dist/index.js';
import { interproc, type Reported } from './helpers/cli.js';
import { own } from './helpers/owned.js';
import { nameFor } from './helpers/segments.js';

interface Line {
  readonly schema: number;
  readonly objects: readonly {
    readonly object: Reported;
    readonly putsPerSecond: number | null;
    readonly getsPerSecond: number | null;
  }[];
}

describe('interproc top', () => {
  it('says how fast messages come and go, from its second look on', async () => {
    const queue = own(new Queue<number>({ name: nameFor('traffic') }));
    const ended = interproc(['top', '--interval', '100', '--count', '4', '--json']);
    let over = false;
    const result = ended.finally(() => {
      over = true;
    });
    let sent = 0;
    while (!over) {
      for (let i = 0; i < 20; i++) queue.putSync(sent++);
      for (let i = 0; i < 20; i++) queue.getSync();
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { code, stdout } = await result;
    strictEqual(code, 0);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
    strictEqual(lines.length, 4);
    const seen = lines.map(({ objects }) =>
      objects.find(({ object }) => object.name === queue.name),
    );
    strictEqual(seen[0]?.putsPerSecond, null);
    for (const one of seen.slice(1)) {
      ok((one?.putsPerSecond ?? 0) > 0, JSON.stringify(one));
      // What is put is taken: the two differ by what is queued at the looks, 20 of them at the most, in 100 ms or more.
      ok(
        Math.abs((one?.putsPerSecond ?? 0) - (one?.getsPerSecond ?? 0)) <= 401,
        JSON.stringify(one),
      );
    }
  });

  it('prints a table for people, block by block where there is no terminal', async () => {
    const lock = own(new Lock({ name: nameFor('table') }));
    lock.acquireSync();
    const { code, stdout } = await interproc(['top', '--count', '2', '--interval', '50']);
    strictEqual(code, 0);
    strictEqual(
      stdout.match(/^NAME +KIND +DEPTH +BYTES +PUT\/s +GET\/s +USERS +WAIT$/gm)?.length,
      2,
    );
    match(stdout, new RegExp(`${lock.name} +lock .*lock held by pid ${process.pid} for `));
    ok(!stdout.includes('\u001b'));
    lock.release();
  });
});

describe('interproc', () => {
  it('prints help for itself and for each command, and its version', async () => {
    for (const name of ['ls', 'stat', 'top', 'rm', 'clean']) {
      const { code, stdout } = await interproc([name, '--help']);
      strictEqual(code, 0);
      ok(stdout.startsWith(`interproc ${name}`), stdout);
    }
    const { stdout, code } = await interproc(['--help']);
    deepStrictEqual([code, stdout.includes('Exit codes: 0')], [0, true]);
    match((await interproc(['--version'])).stdout, /^\d+\.\d+\.\d+\n$/);
  });
});
