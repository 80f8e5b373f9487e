import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import { existsSync, mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, onTestFinished } from 'vitest';
import { Lock, Queue, Semaphore, SharedMemory } from '../dist/index.js';
import { answered, interproc, type Reported, statOf } from './helpers/cli.js';
import { memoryName } from './helpers/memory.js';
import { own } from './helpers/owned.js';
import { nameFor, pathOf, present, type Started, start } from './helpers/segments.js';

interface Cleaned {
  readonly dryRun: boolean;
  readonly removed: readonly string[];
}

/** A program that makes some of everything, and is killed. */
async function abandon(names: Readonly<Record<string, string>>): Promise<void> {
  const script = `
    const names = ${JSON.stringify(names)};
    globalThis.kept = [
      new ip.Queue({ name: names.queue }),
      new ip.Queue({ name: names.persistent, persist: true }),
      new ip.Semaphore(1, { name: names.semaphore }),
      new ip.SharedMemory({ name: names.memory, create: true, size: 10 }),
    ];
    ip.Queue.open(names.held);
    console.log('made');
    setInterval(() => {}, 1000);`;
  const made = start(script);
  await made.line();
  made.child.kill('SIGKILL');
  await made.finished;
}

describe('interproc clean', () => {
  it('removes what the dead left, and nothing that is held, persists or is not ours', async () => {
    const held = own(new Queue({ name: nameFor('held') }));
    const memory = own(new SharedMemory({ name: memoryName('held'), create: true, size: 10 }));
    const foreign = [`/dev/shm/${memoryName('foreign')}`, pathOf(nameFor('foreign'))];
    for (const file of foreign) {
      writeFileSync(file, 'somebody else');
      onTestFinished(() => unlinkSync(file));
    }
    const names = {
      queue: nameFor('queue'),
      persistent: nameFor('persistent'),
      semaphore: nameFor('semaphore'),
      memory: memoryName('left'),
      held: held.name,
    };
    await abandon(names);
    const left = [pathOf(names.queue), pathOf(names.semaphore), `/dev/shm/${names.memory}`];
    // Other tests of this machine may leave and clean as well: only what is known here is compared.
    const known = ({ removed }: Cleaned) => left.filter((file) => removed.includes(file));
    const planned = await answered<Cleaned>(['clean', '--dry-run']);
    strictEqual(planned.dryRun, true);
    // Whoever starts meanwhile sweeps too: what is there after the look was there at the look.
    for (const file of left.filter((one) => existsSync(one))) {
      ok(planned.removed.includes(file), file);
    }
    ok(!planned.removed.includes(pathOf(names.persistent)));

    const done = await answered<Cleaned>(['clean']);
    ok(known(done).every((file) => left.includes(file)));
    for (const file of [...left, `/dev/shm/sem.${names.semaphore}`]) ok(!existsSync(file), file);
    for (const file of [pathOf(held.name), `/dev/shm/${memory.name}`, ...foreign])
      ok(existsSync(file), file);
    ok(present(names.persistent));

    const all = await answered<Cleaned>(['clean', '--persistent']);
    ok(all.removed.includes(pathOf(names.persistent)));
    ok(!present(names.persistent));
    ok(present(held.name));
  });

  it('removes the directory of a killed listener, and neither that of a living one nor what only looks like one', async () => {
    // Elsewhere any program of this library that starts meanwhile would remove it first.
    const folder = mkdtempSync(path.join(tmpdir(), 'listeners-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const env = { TMPDIR: folder };
    const living = await listening(env);
    const killed = await listening(env);
    killed.started.child.kill('SIGKILL');
    await killed.started.finished;
    const other = mkdtempSync(path.join(folder, 'interproc-'));
    writeFileSync(path.join(other, 'socket'), 'no socket');

    const planned = await answered<Cleaned>(['clean', '--dry-run'], { env });
    const found = [killed, living].map(({ directory }) => planned.removed.includes(directory));
    deepStrictEqual(found, [true, false]);
    const { removed } = await answered<Cleaned>(['clean'], { env });
    ok(removed.includes(killed.directory) && !existsSync(killed.directory));
    ok(existsSync(living.directory) && existsSync(other));
    living.started.child.kill('SIGTERM');
    await living.started.finished;
    rmSync(living.directory, { recursive: true, force: true });
  });
});

/** A program that listens in a directory of its own. */
async function listening(
  env: Readonly<Record<string, string>>,
): Promise<{ started: Started; directory: string }> {
  const script = `
    const listener = new ip.Listener();
    listener.accept().catch(() => {});
    console.log(typeof listener.address === 'string' ? listener.address : listener.address.path);`;
  const started = start(script, { env });
  return { started, directory: path.dirname(await started.line()) };
}

describe('interproc rm', () => {
  it('removes what nobody holds, its semaphore included', async () => {
    const semaphore = new Semaphore(1, { name: nameFor('sem'), persist: true });
    semaphore.close();
    const { code, stdout } = await interproc(['rm', semaphore.name]);
    strictEqual(code, 0);
    strictEqual(stdout, `removed ${pathOf(semaphore.name)}\n`);
    ok(!present(semaphore.name) && !existsSync(`/dev/shm/sem.${semaphore.name}`));
  });

  it('refuses what is held, and removes the name all the same with --force', async () => {
    const lock = own(new Lock({ name: nameFor('held') }));
    const refused = await interproc(['rm', lock.name]);
    strictEqual(refused.code, 1);
    ok(refused.stderr.includes(`held by pid ${process.pid}`), refused.stderr);
    ok(present(lock.name));
    strictEqual((await interproc(['rm', '--force', lock.name])).code, 0);
    ok(!present(lock.name));
    lock.acquireSync();
    lock.release();
  });

  it('removes bare memory of ours, and that of others only when told so twice', async () => {
    const memory = own(new SharedMemory({ name: memoryName(), create: true, size: 10 }));
    strictEqual((await interproc(['rm', memory.name])).code, 1);
    strictEqual((await interproc(['rm', '--force', memory.name])).code, 0);
    ok(!existsSync(`/dev/shm/${memory.name}`));
    const foreign = memoryName('foreign');
    writeFileSync(`/dev/shm/${foreign}`, 'x');
    strictEqual((await interproc(['rm', foreign])).code, 1);
    strictEqual((await interproc(['rm', '--force', foreign])).code, 1);
    strictEqual((await interproc(['stat', foreign])).code, 1);
    strictEqual((await statOf(foreign, ['--memory'])).details['marked'], false);
    strictEqual((await interproc(['rm', '--force', '--memory', foreign])).code, 0);
    ok(!existsSync(`/dev/shm/${foreign}`));
  });

  it('removes what is damaged only with --force, and says what is not there', async () => {
    const name = nameFor('garbage');
    writeFileSync(pathOf(name), 'garbage');
    strictEqual((await interproc(['rm', name])).code, 1);
    ok(present(name));
    strictEqual((await interproc(['rm', '--force', name])).code, 0);
    ok(!present(name));
    const gone = await interproc(['rm', name]);
    strictEqual(gone.code, 1);
    ok(gone.stderr.includes('there is no object'), gone.stderr);
  });
});

describe('interproc ls', () => {
  it('shows what a killed process left as abandoned, and removes nothing', async () => {
    const names = {
      queue: nameFor('left'),
      persistent: nameFor('stays'),
      semaphore: nameFor('sem'),
      memory: memoryName('left'),
      held: own(new Queue({ name: nameFor('held') })).name,
    };
    await abandon(names);
    const before = present(names.queue);
    const { objects } = await answered<{ objects: readonly Reported[] }>(['ls']);
    const of = (name: string) => objects.find((object) => object.name === name);
    // Another test's program that starts meanwhile sweeps too.
    if (before && present(names.queue)) strictEqual(of(names.queue)?.abandoned, true);
    strictEqual(of(names.persistent)?.abandoned, false);
    strictEqual(of(names.persistent)?.persist, true);
    strictEqual(of(names.held)?.abandoned, false);
    strictEqual((await interproc(['rm', names.persistent])).code, 0);
    await interproc(['clean']);
  });
});
