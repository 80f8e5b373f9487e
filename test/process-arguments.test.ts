import { readdirSync, readFileSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { c_int, EOFError, Pipe, Queue, SerializationError, Value } from '../dist/index.js';
import * as targets from './fixtures/process-targets.mjs';
import { rejects, throws } from './helpers/failures.js';
import { own, ownBoth } from './helpers/owned.js';
import { child } from './helpers/process-owned.js';
import { until } from './helpers/time.js';

describe('arguments', () => {
  it('arrive equal, undefined and -0 included', async () => {
    const queue = own(new Queue<unknown>());
    const values = [1, -0, undefined, null, 'text', 5n, { a: [new Date(0)] }, new Map([[1, 2]])];
    const process = child(targets.putAll, [queue, ...values]).start();
    for (const value of values) expect(await queue.get()).toEqual(value);
    await process.join();
    expect(process.exitcode).toBe(0);
  });

  it('bring shared objects that are nested in arrays and Maps attached', async () => {
    const queue = own(new Queue<unknown>());
    const answers = own(new Queue<unknown>());
    const value = own(new Value(c_int, 42));
    const nested: Parameters<typeof targets.takeNested>[0] = {
      list: [1, [queue]],
      map: new Map([['value', value]]),
    };
    const process = child(targets.takeNested, [nested, answers]).start();
    expect(await queue.get()).toEqual({ first: 1, seen: 42 });
    expect(await answers.get()).toEqual(['value']);
    await process.join();
    expect(value.value).toBe(77);
  });

  it('may be 64 MiB large, and their memory goes when the child has them', async () => {
    const answers = own(new Queue<unknown>());
    const large = Buffer.alloc(64 * 1024 * 1024, 7);
    large[large.length - 1] = 9;
    const started = child(targets.measureAndStay, [large, answers]).start();
    const pid = started.pid!;
    // Before this thread returns to its event loop, the pipe that the child boots from is still there.
    expect(sharedBytes(process.pid)).toBeGreaterThan(large.length);
    expect(await answers.get()).toEqual({
      length: large.length,
      first: 7,
      last: 9,
      isBuffer: true,
    });
    await until(() => sharedBytes(pid) + sharedBytes(process.pid) < large.length);
    expect(started.isAlive()).toBe(true);
  });

  it('keep shared objects alive whose handles the parent closes at once', async () => {
    const data = new Queue<unknown>();
    const answers = own(new Queue<unknown>());
    data.putSync('kept');
    const process = child(targets.forward, [data, answers]).start();
    data.close();
    expect(await answers.get()).toBe('kept');
    await process.join();
  });

  it('that cannot travel are refused, and nothing was started', () => {
    const queue = own(new Queue<unknown>());
    const [a, b] = ownBoth(Pipe<unknown>());
    const process = child(targets.putAll, [queue, b, { deep: [() => 1] }]);
    const error = throws(() => process.start(), SerializationError, 'ERR_NOT_SERIALIZABLE');
    expect((error as SerializationError).path).toBe('$.args[2].deep[0]');
    expect([process.pid, process.isAlive()]).toEqual([null, false]);
    a.sendSync('still ours');
    expect(b.recvSync()).toBe('still ours');
  });
});

describe('a connection among the arguments', () => {
  it('belongs to the child, and is closed here', async () => {
    const [a, b] = ownBoth(Pipe<string>());
    const process = child(targets.talk, [b]).start();
    expect(b.closed).toBe(true);
    await a.send('hello');
    expect(await a.recv()).toBe('hello, and hello back');
    await process.join();
    await rejects(a.recv(), EOFError, 'ERR_EOF');
  });

  it('ends with the child that has taken it', async () => {
    const [a, b] = ownBoth(Pipe<unknown>());
    const queue = own(new Queue<unknown>());
    const process = child(targets.holdConnection, [b, queue]).start();
    expect(await queue.get()).toBe('holding');
    const received = a.recv();
    process.kill();
    await rejects(received, EOFError, 'ERR_EOF');
    await process.join();
  });

  it('ends with a child that dies before it has taken it', async () => {
    const [a, b] = ownBoth(Pipe<unknown>());
    const process = child(targets.talk, [b as never], {
      execArgv: ['--import', 'data:text/javascript,process.kill(process.pid,"SIGKILL")'],
    }).start();
    await rejects(a.recv(), EOFError, 'ERR_EOF');
    await process.join();
    expect(process.exitcode).toBe(-9);
  });

  it('ends where the child cannot be spawned', async () => {
    const [a, b] = ownBoth(Pipe<unknown>());
    const env = { HUGE: 'x'.repeat(1 << 20) };
    throws(() => child(targets.talk, [b as never], { env }).start(), Error, 'E2BIG');
    await rejects(a.recv(), EOFError, 'ERR_EOF');
  });
});

/** Bytes of the files in /dev/shm that a process has mapped. */
function sharedBytes(pid: number): number {
  const maps = readFileSync(`/proc/${pid}/maps`, 'latin1');
  // By their inodes: the kernel shows the names under which they were made, and those are gone.
  const mapped = new Set(maps.split('\n').map((line) => Number(line.split(/\s+/)[4])));
  let bytes = 0;
  for (const name of readdirSync('/dev/shm')) {
    const file = statSync(`/dev/shm/${name}`, { throwIfNoEntry: false });
    if (file !== undefined && mapped.has(file.ino)) bytes += file.size;
  }
  return bytes;
}
