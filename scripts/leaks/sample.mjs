import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';

const count = (folder) => readdirSync(folder).length;

/** What this process has at the moment, after the garbage was collected. */
export async function sample() {
  // What a finalizer gives up is garbage of the next collection.
  for (let i = 0; i < 3; i++) {
    globalThis.gc();
    await turn();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  const open = descriptors();
  const bells = open.filter((target) => /interproc-bell\..* \(deleted\)$/.test(target)).length;
  return {
    heap: heapUsed,
    external,
    rss,
    descriptors: open.length - bells,
    bells,
    threads: count('/proc/self/task'),
    maps: readFileSync('/proc/self/maps', 'utf8')
      .split('\n')
      .filter((line) => line.includes('/dev/shm/')).length,
    files: count('/dev/shm'),
    pending: process.getActiveResourcesInfo().length,
  };
}

/** What the open descriptors lead to. */
export function descriptors() {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      // The one that the folder was read with.
      return [];
    }
  });
}
