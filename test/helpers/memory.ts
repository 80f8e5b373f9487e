import { lstatSync, readdirSync } from 'node:fs';
import { afterAll, afterEach } from 'vitest';
import { run } from './segments.js';

let counter = 0;
const made: { close(): void }[] = [];

/** A name for bare memory that no other test and no other process uses. */
export function memoryName(what = 'memory'): string {
  return `ipmem-${process.pid}-${++counter}-${what}`;
}

/** Closes an object when the test that made it has ended. */
export function kept<T extends { close(): void }>(object: T): T {
  made.push(object);
  return object;
}

/** Whether the name exists. */
export function exists(name: string): boolean {
  return lstatSync(`/dev/shm/${name}`, { throwIfNoEntry: false }) !== undefined;
}

/** The markers of memory that this library made, of everybody. */
export function markers(): string[] {
  return readdirSync('/dev/shm').filter((name) => name.startsWith('interproc-memory.'));
}

/** The inode of the memory, which its marker is named by. */
export function markerOf(name: string): string {
  return `interproc-memory.${lstatSync(`/dev/shm/${name}`).ino}`;
}

afterEach(() => {
  for (const object of made.splice(0)) object.close();
});

// What killed processes left goes with the next start of any program of the same user.
afterAll(async () => {
  await run('');
});
