import { ok, strictEqual } from 'node:assert';
import {
  closeSync,
  existsSync,
  openSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { describe, it, onTestFinished } from 'vitest';
import { Queue } from '../dist/index.js';
import { answered, interproc, type Reported, statOf } from './helpers/cli.js';
import { own } from './helpers/owned.js';
import { nameFor, pathOf } from './helpers/segments.js';

function file(path: string, content: string | Buffer): void {
  writeFileSync(path, content, { mode: 0o600 });
  onTestFinished(() => {
    if (existsSync(path)) unlinkSync(path);
  });
}

describe('interproc and what others put in its way', () => {
  it('lists what is no object of ours as such, with the reason', async () => {
    const garbage = nameFor('garbage');
    file(pathOf(garbage), 'not a segment');
    const { objects } = await answered<{ objects: readonly Reported[] }>(['ls']);
    const seen = objects.find(({ name }) => name === garbage);
    strictEqual(seen?.state, 'foreign');
    ok(seen.reason?.includes('not an interproc object'), `${seen.reason}`);
    const link = nameFor('link');
    const queue = own(new Queue({ name: nameFor('linked'), capacity: 4096 }));
    symlinkSync(pathOf(queue.name), pathOf(link));
    onTestFinished(() => unlinkSync(pathOf(link)));
    strictEqual((await statOf(link)).state, 'foreign');
  });

  it('says that a truncated object is damaged', async () => {
    const queue = own(new Queue({ name: nameFor('short'), capacity: 4096, persist: true }));
    const { name } = queue;
    queue.close();
    onTestFinished(() => unlinkSync(pathOf(name)));
    truncateSync(pathOf(name), 300);
    const seen = await statOf(name);
    strictEqual(seen.state, 'damaged');
    ok(seen.reason?.includes('truncated'), `${seen.reason}`);
  });

  it('finds positions that contradict each other', async () => {
    const queue = own(new Queue({ name: nameFor('positions'), capacity: 4096 }));
    const open = openSync(pathOf(queue.name), 'r+');
    writeSync(open, Buffer.from([0, 0, 255, 0, 0, 0, 0, 0]), 0, 8, 16640 + 256);
    const seen = await statOf(queue.name);
    strictEqual(seen.state, 'damaged');
    ok(
      seen.findings.some((rule) => rule.includes('more than a ring ahead')),
      `${seen.findings}`,
    );
    writeSync(open, Buffer.alloc(8), 0, 8, 16640 + 256);
    closeSync(open);
    strictEqual((await statOf(queue.name)).state, 'ok');
  });

  it('prints no control characters of strangers', async () => {
    const name = `${nameFor('escape')}\u001b[31m\nx`;
    file(pathOf(name), 'x');
    const { code, stdout } = await interproc(['ls']);
    strictEqual(code, 0);
    ok(stdout.includes('escape?[31m?x'), stdout);
    ok(!stdout.includes('\u001b'));
  });

  it('refuses names that lead elsewhere, options it does not know, and names too many', async () => {
    for (const args of [
      ['stat', '../etc/passwd'],
      ['rm', '--force', '..'],
      ['rm', '--memory', 'interproc.x'],
      ['rm', '--memory', 'a/b'],
      ['stat', ''],
      ['stat'],
      ['stat', 'a', 'b'],
      ['ls', '--nonsense'],
      ['top', '--interval', 'soon'],
      ['top', '--count', '0'],
      ['nonsense'],
      [],
    ]) {
      const { code, stdout, stderr } = await interproc(args);
      strictEqual(code, 2, args.join(' '));
      strictEqual(stdout, '');
      ok(stderr.startsWith('interproc'), stderr);
    }
  });

  it.runIf(process.geteuid?.() === 0)(
    'shows what another user may not read, and removes it not',
    async () => {
      const queue = own(new Queue({ name: nameFor('rights') }));
      const seen = await interproc(['stat', queue.name, '--json'], { uid: 65534 });
      strictEqual(seen.code, 0, seen.stderr);
      const { object } = JSON.parse(seen.stdout) as { object: Reported };
      strictEqual(object.state, 'unreadable');
      strictEqual(object.reason, 'EACCES');
      for (const more of [[], ['--force']]) {
        const refused = await interproc(['rm', queue.name, ...more], { uid: 65534 });
        strictEqual(refused.code, 1);
        ok(refused.stderr.includes('EACCES'), refused.stderr);
      }
      ok(existsSync(pathOf(queue.name)));
    },
  );
});
