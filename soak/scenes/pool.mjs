import { readFileSync, writeFileSync } from 'node:fs';
import { Entry, entriesOf } from '../journal.mjs';
import { isGone } from '../processes.mjs';

/** A process with a pool, whose workers are killed, and which is killed itself. No task runs twice; each has a result or a dead worker. */
export async function play(crew, _plan, name, folder) {
  const files = [];
  await crew.begin({
    given() {
      const begun = `${folder}/${name}-begun-${files.length}`;
      writeFileSync(begun, '');
      files.push(begun);
      return { begun };
    },
  });
  await crew.over();
  await crew.ended('pool');
  const faults = [];
  let results = 0;
  let died = 0;
  for (const [index, member] of crew.members.entries()) {
    const account = read(member.read());
    results += account.results;
    died += account.died;
    check(member, account, new Uint32Array(aligned(readFileSync(files[index]))), faults);
  }
  if (died > crew.workerKills)
    faults.push(`${died} tasks lost their worker, and ${crew.workerKills} workers were killed`);
  // Workers are daemons: they end with a pool's process that was killed.
  for (const { orphans = [] } of crew.members) {
    await crew.until('the end of a dead pool’s workers', () => orphans.every(isGone));
  }
  return { faults, counts: { tasks: results, 'tasks whose worker died': died } };
}

function read(journal) {
  const ends = new Map();
  let results = 0;
  let died = 0;
  for (const [kind, n] of entriesOf(journal)) {
    if (kind === Entry.task) ends.set(n, undefined);
    if (kind !== Entry.result && kind !== Entry.died) continue;
    if (kind === Entry.result) results++;
    else died++;
    ends.set(n, kind);
  }
  return { ends, results, died };
}

function check({ id, killed }, { ends }, begun, faults) {
  const times = new Map();
  for (const n of begun) times.set(n, (times.get(n) ?? 0) + 1);
  for (const [n, count] of times) {
    if (count > 1) faults.push(`pool ${id}: task ${n} ran ${count} times`);
  }
  for (const [n, end] of ends) {
    if (end === undefined && !killed) faults.push(`pool ${id}: task ${n} has no end`);
    if (end === Entry.result && !times.has(n))
      faults.push(`pool ${id}: task ${n} has a result and never ran`);
  }
}

function aligned(bytes) {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
}
