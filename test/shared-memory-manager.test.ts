import { expect, test } from 'vitest';
import { SharedMemory, SharedMemoryManager } from '../dist/index.js';
import { exists } from './helpers/memory.js';
import { failure, run } from './helpers/segments.js';

test('a manager keeps what it made until its shutdown, and removes all of it then', () => {
  const manager = new SharedMemoryManager().start();
  const memory = manager.SharedMemory(100);
  const list = manager.ShareableList([1, 'x']);
  expect([memory.size, ...list]).toEqual([100, 1, 'x']);
  memory.buf[0] = 5;
  memory.close();
  const again = SharedMemory.open(memory.name);
  expect(again.buf[0]).toBe(5);
  manager.shutdown();
  manager.shutdown();
  expect([exists(memory.name), exists(list.name)]).toEqual([false, false]);
  expect([again.buf[0], list.get(1)]).toEqual([5, 'x']);
  again.close();
  list.close();
});

test('it ends with its scope, and does not mind what somebody else removed', () => {
  let name: string;
  {
    using manager = new SharedMemoryManager().start();
    manager.ShareableList([2]).close();
    const memory = manager.SharedMemory(1);
    name = memory.name;
    memory.unlink();
    memory.close();
  }
  expect(exists(name)).toBe(false);
});

test('it makes nothing before its start and after its shutdown, and starts once', () => {
  const manager = new SharedMemoryManager();
  expect(failure(() => manager.SharedMemory(1)).code).toBe('ERR_MANAGER_NOT_STARTED');
  manager.start();
  expect(failure(() => manager.start()).code).toBe('ERR_MANAGER_STARTED');
  expect(failure(() => manager.SharedMemory(0)).code).toBe('ERR_OUT_OF_RANGE');
  expect(failure(() => manager.ShareableList([{} as string])).code).toBe('ERR_INVALID_ARG_TYPE');
  manager.shutdown();
  expect(failure(() => manager.ShareableList([])).code).toBe('ERR_MANAGER_NOT_STARTED');
  expect(failure(() => manager.start()).code).toBe('ERR_MANAGER_STARTED');
});

test('without a shutdown its memory goes with the process', async () => {
  const { stdout } = await run(
    'globalThis.m = new ip.SharedMemoryManager().start(); console.log(m.SharedMemory(5).name);',
  );
  expect(exists(stdout.trim())).toBe(false);
});
