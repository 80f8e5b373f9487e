import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ProcessError, Queue } from '../dist/index.js';
import * as common from './fixtures/process-common.cjs';
import named, * as targets from './fixtures/process-targets.mjs';
import { throws } from './helpers/failures.js';
import { own } from './helpers/owned.js';
import { child, module } from './helpers/process-owned.js';

const code = 'ERR_TARGET_NOT_EXPORTED';

describe('a target', () => {
  it.each([
    ['an async function', targets.asyncTarget, 'async'],
    ['an arrow function', targets.arrow, 'arrow'],
    ['an export under another name', targets.outer, 'inner'],
    ['the default export', named, 'default'],
    ['a method that is exported as a function', targets.method, 'method'],
  ])('may be %s', async (_, target, answer) => {
    const queue = own(new Queue<unknown>());
    const process = child(target as (queue: Queue<unknown>, value: string) => void, [
      queue,
      answer,
    ]).start();
    expect(await queue.get()).toBe(answer);
    await process.join();
    expect(process.exitcode).toBe(0);
  });

  it('may be in a CommonJS module, and the module a path or a string', async () => {
    const queue = own(new Queue<unknown>());
    const file = new URL('./fixtures/process-common.cjs', import.meta.url);
    for (const where of [file, file.href, fileURLToPath(file)]) {
      await child(common.work, [queue], { module: where }).start().join();
      expect(queue.getNowait()).toBe('common');
    }
  });

  it('is refused at once where no module can export it', () => {
    const bound = targets.print.bind(null, 1);
    for (const target of [() => 1, bound, Math.max]) {
      throws(() => child(target as () => void), ProcessError, code);
    }
  });
});

describe('a target that its module does not export', () => {
  it.each([
    ['a function inside an object', targets.hiddenOne.hidden, 'hidden'],
    ['a static method', targets.Tool.run, 'run'],
    ['a static method that is called as an export is', targets.Tool.print, 'print'],
  ])("is an 'error' event and exit code 1: %s", async (_, target, name) => {
    const process = child(target, [], { stdio: ['ignore', 'ignore', 'pipe'] });
    const told = once(process, 'error');
    process.start();
    let printed = '';
    process.stderr?.on('data', (part: Buffer) => {
      printed += part.toString();
    });
    const [error] = await told;
    expect(error).toBeInstanceOf(ProcessError);
    expect(error).toMatchObject({ code, message: expect.stringContaining(`'${name}'`) });
    await process.join();
    if (process.stderr?.readableEnded === false) await once(process.stderr, 'end');
    expect(printed).toContain(code);
    expect(process.exitcode).toBe(1);
  });

  it('is exit code 1 where nobody listens', async () => {
    const process = child(targets.Tool.run, [], { stdio: 'ignore' }).start();
    await process.join();
    expect(process.exitcode).toBe(1);
  });

  it('is exit code 1 too where there is no such module', async () => {
    const missing = new URL('./fixtures/no-such-module.mjs', module);
    const process = child(targets.nothing, [], { module: missing, stdio: 'ignore' }).start();
    await process.join();
    expect(process.exitcode).toBe(1);
  });
});
