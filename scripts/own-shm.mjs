// A /dev/shm of one's own, for programs that sweep it, count what is there, or take names that others may have.
import { spawnSync } from 'node:child_process';

/**
 * The beginning of a command line: what stands behind it runs with an empty `/dev/shm` that nobody else sees, of a size as mount(8)
 * takes it. Nothing where this user may not mount one.
 */
export function ownSharedMemory(size) {
  const mount = `mount -t tmpfs -o size=${size},mode=1777 tmpfs /dev/shm && exec "$@"`;
  return ['-m', '-Urm']
    .map((flags) => ['unshare', flags, '--propagation', 'private', 'sh', '-c', mount, 'sh'])
    .find(
      ([command, ...args]) =>
        spawnSync(command, [...args, 'true'], { stdio: 'ignore' }).status === 0,
    );
}
