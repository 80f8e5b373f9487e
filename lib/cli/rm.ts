import { binding } from '../addon.js';
import { find } from './directory.js';
import { exitCodes, Refusal, readArguments, readName } from './usage.js';

export const help = `interproc rm NAME [--force] [--memory] [--json]

Removes an object's name, as unlink() does: nobody can open it any more, whoever is attached goes on.
Refused while a living participant holds it, and for what is damaged or not ours.

  --force    all the same, if it is this user's
  --memory   bare memory of that name, where a segment has the same
  --json     { "schema": 1, "removed": NAME, "path": … }
`;

export function rm(args: readonly string[]): number {
  const given = readArguments(args, { force: 'boolean', memory: 'boolean', json: 'boolean' }, 1);
  const memory = given.flag('memory');
  const name = readName(given.names[0] as string, memory);
  const object = find(name, memory);
  if (object === undefined) throw new Refusal(`there is no object '${name}'`);
  const force = given.flag('force');
  const isMemory = object.kind === 'memory';
  if (isMemory && force && !memory && object.details['marked'] !== true)
    throw new Refusal(
      `'${object.path}' is not known to be ours: say --memory as well to remove it`,
    );
  const removed = isMemory ? binding.removeMemory(name, force) : binding.removeSegment(name, force);
  if (!removed) {
    const pids = [...new Set(object.participants.map(({ pid }) => pid))];
    const who = pids.length === 0 ? 'a living process' : `pid ${pids.join(', ')}`;
    throw new Refusal(`'${name}' is held by ${who}: --force removes its name all the same`);
  }
  console.log(
    given.flag('json')
      ? JSON.stringify({ schema: 1, removed: name, path: object.path })
      : `removed ${object.path}`,
  );
  return exitCodes.ok;
}
