import { readdirSync, readlinkSync } from 'node:fs';

function target(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return ''; // that of the directory itself
  }
}

/**
 * How many descriptors this process has open, but for those that come once and stay: doorbells, and what the thread that tells of
 * deaths reads, which begins where a wait lasts.
 */
export function descriptors(): number {
  const targets = readdirSync('/proc/self/fd').map(target);
  return targets.filter((to) => to !== '' && !/interproc-bell|inotify/.test(to)).length;
}
