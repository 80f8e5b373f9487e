import { deepStrictEqual, strictEqual } from 'node:assert';
import { describe, it } from 'vitest';
import { Lock, Pipe, Queue, RawArray, RawValue, SharedArray, Value } from '../dist/index.js';
import { answerOf, failure, nameFor, present, start, until } from './helpers/segments.js';

const makers = {
  queue: (options: object) => new Queue(options),
  value: (options: object) => new Value('i', 1, options),
  rawValue: (options: object) => RawValue('i', 1, options),
  array: (options: object) => new SharedArray('i', 3, options),
  rawArray: (options: object) => RawArray('i', 3, options),
  lock: (options: object) => new Lock(options),
} as const;

const open: Record<keyof typeof makers, (name: string) => { close(): void; unlink(): void }> = {
  queue: Queue.open,
  value: Value.open,
  rawValue: Value.open,
  array: SharedArray.open,
  rawArray: SharedArray.open,
  lock: Lock.open,
};

for (const kind of Object.keys(makers) as (keyof typeof makers)[]) {
  describe(`the memory of a ${kind}`, () => {
    it('goes with the last close', () => {
      const name = nameFor(kind);
      const object = makers[kind]({ name });
      strictEqual(present(name), true);
      object.close();
      strictEqual(present(name), false);
      strictEqual(failure(() => open[kind](name))['code'], 'ENOENT');
    });

    it('stays with persist until unlink, through the end of every process', async () => {
      const name = nameFor(kind);
      makers[kind]({ name, persist: true }).close();
      strictEqual(present(name), true);
      await answerOf('console.log(0)');
      const object = open[kind](name);
      object.close();
      strictEqual(present(name), true);
      const again = open[kind](name);
      again.unlink();
      strictEqual(present(name), false);
      again.close();
    });
  });
}

describe('the memory of a pipe', () => {
  it('goes when both ends are closed', () => {
    const [a, b] = Pipe();
    a.close();
    strictEqual(present(a.name), true);
    b.close();
    strictEqual(present(a.name), false);
  });
});

describe('an object of two processes', () => {
  it('stays until the second one has closed it as well', async () => {
    const value = new Value('i', 1);
    const other = start(
      `import { once } from 'node:events';
       const value = ip.attach(JSON.parse(process.argv[1]));
       console.log('attached');
       await once(process.stdin, 'data');
       console.log(value.value);
       value.close();
       console.log('closed');
       process.stdin.unref();`,
      { args: [JSON.stringify(value)], stdio: ['pipe', 'pipe', 'pipe'] },
    );
    strictEqual(await other.line(), 'attached');
    value.value = 5;
    value.close();
    strictEqual(present(value.name), true);
    other.child.stdin?.end('go');
    deepStrictEqual([await other.line(), await other.line()], ['5', 'closed']);
    strictEqual(present(value.name), false);
    strictEqual((await other.finished).code, 0);
  });

  it('stays when the one that made it is killed, and goes with the other', async () => {
    const name = nameFor('maker');
    const maker = start(
      `globalThis.value = new ip.Value('i', 7, { name: process.argv[1] });
       console.log('made');
       setInterval(() => {}, 1000);`,
      { args: [name] },
    );
    strictEqual(await maker.line(), 'made');
    const value = Value.open<'i'>(name);
    maker.child.kill('SIGKILL');
    await maker.finished;
    // The start of another program sweeps what nobody uses, and nothing else.
    await answerOf('console.log(0)');
    strictEqual(present(name), true);
    strictEqual(value.add(1), 7);
    using second = Value.open<'i'>(name);
    strictEqual(second.value, 8);
    second.close();
    value.close();
    strictEqual(present(name), false);
  });

  it('is ENOENT, and removed, for who opens it after all of them died', async () => {
    for (const kind of ['open', 'create']) {
      const name = nameFor('died');
      const maker = start(
        `globalThis.value = new ip.Value('i', 7, { name: process.argv[1] });
         console.log('made');
         setInterval(() => {}, 1000);`,
        { args: [name] },
      );
      strictEqual(await maker.line(), 'made');
      maker.child.kill('SIGKILL');
      await maker.finished;
      if (kind === 'open') {
        strictEqual(failure(() => Value.open(name))['code'], 'ENOENT');
        strictEqual(present(name), false);
      } else {
        // A corpse in the way is no EEXIST.
        using value = new Value('i', 1, { name });
        strictEqual(value.value, 1);
      }
      await until(`${name} is gone`, () => !present(name));
    }
  });
});
