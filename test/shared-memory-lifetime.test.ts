import { existsSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Process, SharedMemory } from '../dist/index.js';
import { exists, kept, markerOf, memoryName } from './helpers/memory.js';
import { answerOfPython, runPython } from './helpers/python.js';
import { failure, run, start } from './helpers/segments.js';

const create = `
  const memory = new ip.SharedMemory({ name: process.argv[1], create: true, size: 16 });
  memory.buf[0] = 42;
  console.log('made');
  setInterval(() => {}, 1000);`;

/** A process that has made the memory and sits on it. */
async function maker(name: string, script = create) {
  const started = start(script, { args: [name] });
  expect(await started.line()).toBe('made');
  return started;
}

/** The next start of any program of the same user. */
const sweep = () => run('');

describe('the lifetime of SharedMemory', () => {
  test('it goes when the last process has closed it, not before', async () => {
    const name = memoryName();
    const { child, finished } = await maker(name);
    const memory = kept(SharedMemory.open(name));
    child.kill('SIGKILL');
    await finished;
    await sweep();
    expect(exists(name)).toBe(true);
    expect(memory.buf[0]).toBe(42);
    const marker = markerOf(name);
    memory.close();
    expect([exists(name), exists(marker)]).toEqual([false, false]);
  });

  test('what SIGKILL left goes with the next start of any program', async () => {
    const name = memoryName();
    const { child, finished } = await maker(name);
    const marker = markerOf(name);
    child.kill('SIGKILL');
    await finished;
    expect([exists(name), exists(marker)]).toEqual([true, true]);
    await sweep();
    expect([exists(name), exists(marker)]).toEqual([false, false]);
  });

  test('what SIGKILL left counts as absent', async () => {
    const name = memoryName();
    const first = await maker(name);
    first.child.kill('SIGKILL');
    await first.finished;
    expect(failure(() => SharedMemory.open(name)).code).toBe('ENOENT');
    const second = await maker(name);
    second.child.kill('SIGKILL');
    await second.finished;
    expect(kept(new SharedMemory({ name, create: true, size: 1 })).buf[0]).toBe(0);
  });

  test.each([
    ['process.exit', 'process.exit(3)'],
    ['the end of the script', ''],
    ['an uncaught error', 'throw new Error("on purpose")'],
  ])('%s leaves nothing', async (_what, end) => {
    const name = memoryName();
    await run(
      `globalThis.memory = new ip.SharedMemory({ name: '${name}', create: true, size: 4 }); ${end}`,
    );
    expect(exists(name)).toBe(false);
  });

  test('a terminated worker thread counts as dead', async () => {
    const name = memoryName();
    const { stdout, stderr } = await run(`
      import fs from 'node:fs';
      import { Worker } from 'node:worker_threads';
      const code = "const { parentPort } = require('node:worker_threads'); import(${JSON.stringify(
        new URL('../dist/index.js', import.meta.url).href,
      ).replaceAll(
        '"',
        "'",
      )}).then((ip) => { globalThis.memory = new ip.SharedMemory({ name: '${name}', create: true, size: 4 }); parentPort.postMessage('made'); setInterval(() => {}, 1000); })";
      const worker = new Worker(code, { eval: true, execArgv: [] });
      await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
      const there = fs.existsSync('/dev/shm/${name}');
      await worker.terminate();
      console.log(there, fs.existsSync('/dev/shm/${name}'));`);
    expect(stdout.trim(), stderr).toBe('true false');
  });

  test('persistent memory stays until it is unlinked', async () => {
    const name = memoryName();
    const { child, finished } = await maker(
      name,
      create.replace('size: 16', 'size: 16, persist: true'),
    );
    child.kill('SIGKILL');
    await finished;
    await sweep();
    const memory = kept(SharedMemory.open(name));
    expect(memory.buf[0]).toBe(42);
    memory.unlink();
    expect(exists(name)).toBe(false);
  });

  test("attaching to somebody else's memory never removes it", async () => {
    const name = memoryName('foreign');
    writeFileSync(`/dev/shm/${name}`, 'somebody');
    try {
      const memory = SharedMemory.open(name);
      expect(memory.buf.toString()).toBe('somebody');
      memory.close();
      await sweep();
      expect(readFileSync(`/dev/shm/${name}`, 'utf8')).toBe('somebody');
    } finally {
      unlinkSync(`/dev/shm/${name}`);
    }
  });

  test('a file that took the name of dead memory is left alone', async () => {
    const name = memoryName();
    const { child, finished } = await maker(name);
    const marker = markerOf(name);
    child.kill('SIGKILL');
    await finished;
    // Not removed first: its inode cannot be used again while it has another name.
    renameSync(`/dev/shm/${name}`, `/dev/shm/${name}-old`);
    writeFileSync(`/dev/shm/${name}`, 'new');
    await sweep();
    expect(exists(marker)).toBe(false);
    expect(readFileSync(`/dev/shm/${name}`, 'utf8')).toBe('new');
    unlinkSync(`/dev/shm/${name}`);
    unlinkSync(`/dev/shm/${name}-old`);
  });

  test('a forged or damaged marker removes nothing', async () => {
    const name = memoryName('forged');
    writeFileSync(`/dev/shm/${name}`, 'precious');
    const marker = `/dev/shm/${markerOf(name)}`;
    try {
      for (const bytes of [Buffer.alloc(0), Buffer.alloc(296, 0x41), Buffer.from(name)]) {
        writeFileSync(marker, bytes);
        await sweep();
        kept(SharedMemory.open(name)).close();
        expect(exists(name)).toBe(true);
      }
    } finally {
      unlinkSync(`/dev/shm/${name}`);
      if (existsSync(marker)) unlinkSync(marker);
    }
  });

  test('an argument of a Process may be closed at once', async () => {
    const memory = new SharedMemory({ create: true, size: 4 });
    memory.buf[2] = 11;
    const { memoryToExitCode } = await import('./fixtures/memory-targets.mjs');
    const module = new URL('./fixtures/memory-targets.mjs', import.meta.url);
    const child = new Process({ target: memoryToExitCode, args: [memory, 2], module }).start();
    memory.close();
    await child.join();
    expect(child.exitcode).toBe(11);
    expect(exists(memory.name)).toBe(false);
  });
});

describe('SharedMemory and Python', () => {
  test('Python opens ours: same bytes, same size', async () => {
    const memory = kept(new SharedMemory({ create: true, size: 1001 }));
    memory.buf.write('from Node');
    const seen = await answerOfPython<[number, string]>(
      `m = opened(SharedMemory, sys.argv[1])
m.buf[1000] = 77
say([m.size, bytes(m.buf[:9]).decode()])
m.close()`,
      memory.name,
    );
    expect(seen).toEqual([1001, 'from Node']);
    expect(memory.buf[1000]).toBe(77);
  });

  test('we open what Python made, and closing it removes nothing', async () => {
    const python = runPython(`m = SharedMemory(create=True, size=1001)
m.buf[:11] = b'from Python'
say(m.name)
sys.stdin.readline()
say(m.buf[1000])
m.close()
m.unlink()`);
    const name = await python.said<string>();
    const memory = SharedMemory.open(name);
    expect([memory.size, memory.buf.toString('latin1', 0, 11)]).toEqual([1001, 'from Python']);
    memory.buf[1000] = 78;
    memory.close();
    await sweep();
    expect(exists(name)).toBe(true);
    python.go();
    expect(await python.said()).toBe(78);
    expect(await python.ended).toBe(0);
    expect(exists(name)).toBe(false);
  });
});
