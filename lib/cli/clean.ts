import { binding } from '../addon.js';
import { lookAround } from './directory.js';
import { abandonedListeners, removeListener } from './listeners.js';
import { printable } from './units.js';
import { exitCodes, readArguments } from './usage.js';

export const help = `interproc clean [--dry-run] [--persistent] [--json]

Removes what killed processes of this user left and no living process holds: objects, their semaphores, bare
memory that was made here, doorbells, listeners' directories. What is not ours, or damaged, stays.

  --dry-run      says what would go, and changes nothing
  --persistent   objects that are to persist as well, if nobody holds them
  --json         { "schema": 1, "dryRun": …, "removed": [PATH, …] }
`;

/** What a sweep would remove, by looking. */
function sweepable(persistent: boolean): string[] {
  const { objects, doorbells, markers } = lookAround();
  const user = process.geteuid?.();
  return [
    ...objects
      .filter(
        (one) => one.abandoned || (persistent && one.persist && one.unused && one.owner === user),
      )
      .map(({ path }) => path),
    ...doorbells.filter(({ alive }) => !alive).map(({ file }) => `/dev/shm/${file}`),
    ...markers.filter(({ stale }) => stale).map(({ file }) => `/dev/shm/${file}`),
  ];
}

/** Sweeps. A marker stands for the memory that it names. */
function swept(persistent: boolean): string[] {
  const markers = lookAround().markers.filter(({ stale }) => !stale);
  const memory = new Map(markers.map(({ file, name }) => [file, name]));
  return binding.clean(persistent).map((file) => `/dev/shm/${memory.get(file) ?? file}`);
}

export async function clean(args: readonly string[]): Promise<number> {
  const given = readArguments(
    args,
    { 'dry-run': 'boolean', persistent: 'boolean', json: 'boolean' },
    0,
  );
  const persistent = given.flag('persistent');
  const dryRun = given.flag('dry-run');
  const files = dryRun ? sweepable(persistent) : swept(persistent);
  const listeners = await abandonedListeners();
  const removed = [...files, ...listeners.filter((one) => dryRun || removeListener(one))].sort();
  if (given.flag('json')) console.log(JSON.stringify({ schema: 1, dryRun, removed }, null, 2));
  else if (removed.length === 0) console.log('nothing is abandoned');
  else
    for (const path of removed)
      console.log(`${dryRun ? 'would remove' : 'removed'} ${printable(path)}`);
  return exitCodes.ok;
}
