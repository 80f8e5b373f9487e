// What each command of `interproc` says and does, made wrong: docs/fuzzing.md.
const edit = (file, from, to) => ({ file, from, to });
const lib = (file, from, to) => edit(`lib/cli/${file}`, from, to);
const core = (file, from, to) => edit(`native/core/${file}`, from, to);

const clean = [
  {
    name: 'clean removes what a living process holds',
    ...core(
      'segment/sweep.cc',
      'if (locked_by_other(fd.get(), IPC_LOCK_SLOT, IPC_PARTICIPANTS)) return false;',
      '',
    ),
    by: 'node test/cli-clean.test.ts "removes what the dead left"',
  },
  {
    name: 'clean removes what is to persist',
    ...core(
      'segment/sweep.cc',
      'if ((!whole || (header.flags & IPC_FLAG_PERSIST) != 0) && !persistent) return false;',
      'if (!whole && !persistent) return false;',
    ),
    by: 'node test/cli-clean.test.ts "removes what the dead left"',
  },
  {
    name: 'clean --dry-run removes',
    ...lib(
      'clean.ts',
      'const files = dryRun ? sweepable(persistent)',
      'const files = dryRun && swept(persistent).length < 0 ? sweepable(persistent)',
    ),
    by: 'node test/cli-ls.test.ts "names what would go"',
  },
  {
    name: 'clean --dry-run names what is held',
    ...lib(
      'clean.ts',
      '(persistent && one.persist && one.unused && one.owner === user)',
      '(persistent && one.persist && one.owner === user)',
    ),
    by: 'node test/cli-ls.test.ts "names what would go"',
  },
  {
    name: 'clean says nothing of what went',
    ...lib(
      'clean.ts',
      'const removed = [...files, ',
      'const removed = [...files.slice(files.length), ',
    ),
    by: 'node test/cli-clean.test.ts "removes what the dead left"',
  },
  {
    name: 'clean removes what only looks like a listener’s folder',
    ...lib('listeners.ts', "lstatSync(path.join(directory, 'socket')).isSocket()", 'true'),
    by: 'node test/cli-clean.test.ts "removes the directory of a killed listener"',
  },
];

const rm = [
  {
    name: 'rm removes what is held',
    ...core(
      'segment/removal.cc',
      'if (!force && locked_by_other(fd.get(), IPC_LOCK_SLOT, IPC_PARTICIPANTS)) return {Code::kBusy};',
      '',
    ),
    by: 'node test/cli-clean.test.ts "refuses what is held"',
  },
  {
    name: 'rm removes what is damaged',
    ...core('segment/removal.cc', 'if (!checked.ok() && !force) return checked;', ''),
    by: 'node test/cli-clean.test.ts "removes what is damaged only with"',
  },
  {
    name: 'rm removes memory that is attached',
    ...core(
      'memory/bare_memory.cc',
      'if (!force && locked_by_other(fd.get(), kAlive, 1)) return {Code::kBusy};',
      '',
    ),
    by: 'node test/cli-clean.test.ts "removes bare memory of ours"',
  },
  {
    name: 'rm removes memory that is not ours',
    ...core('memory/bare_memory.cc', 'if (!ours && !force) return {Code::kForeign};', ''),
    by: 'node test/cli-clean.test.ts "removes bare memory of ours"',
  },
  {
    name: 'rm --force removes memory that is not known to be ours',
    ...lib(
      'rm.ts',
      "isMemory && force && !memory && object.details['marked'] !== true",
      "isMemory && force && !memory && object.details['marked'] === 'never'",
    ),
    by: 'node test/cli-clean.test.ts "removes bare memory of ours"',
  },
  {
    name: 'rm leaves the semaphore’s file',
    ...core(
      'segment/removal.cc',
      'if (checked.ok()) remove_companion(fd.get(), header, name);',
      '',
    ),
    by: 'node test/cli-clean.test.ts "its semaphore included"',
  },
  {
    name: 'rm of nothing succeeds',
    ...lib('usage.ts', 'failed: 1', 'failed: 0'),
    by: 'node test/cli-clean.test.ts "says what is not there"',
  },
];

const ls = [
  {
    name: 'ls counts bytes for messages',
    ...lib(
      'ls.ts',
      'channels.map(({ messages }) => messages)',
      'channels.map(({ bytes: messages }) => messages)',
    ),
    by: 'node test/cli-ls.test.ts "how much is queued"',
  },
  {
    name: 'ls calls abandoned what persists',
    ...lib(
      'segments.ts',
      'abandoned: look.unused && !look.persist && ',
      'abandoned: look.unused && ',
    ),
    by: 'node test/cli-clean.test.ts "shows what a killed process left"',
  },
  {
    name: 'ls takes dead doorbells for living ones',
    ...lib('directory.ts', 'alive: state === 2', 'alive: state === 1'),
    by: 'node test/cli-ls.test.ts "tells a doorbell"',
  },
  {
    name: 'ls --all leaves out what is not ours',
    ...lib(
      'ls.ts',
      '{ listeners: lookForListeners(), others }',
      '{ listeners: lookForListeners(), others: others.slice(0, 0) }',
    ),
    by: 'node test/cli-ls.test.ts "with --all"',
  },
  {
    name: 'ls --all sees no listener',
    ...lib(
      'listeners.ts',
      "bound: bound.has(path.join(directory, 'socket'))",
      'bound: bound.size < 0',
    ),
    by: 'node test/cli-ls.test.ts "with --all"',
  },
  {
    name: 'ls prints what a terminal obeys',
    ...lib(
      'units.ts',
      'return text.replace(',
      "if (text !== '') return text;\n  return text.replace(",
    ),
    by: 'node test/cli-hostile.test.ts "prints no control characters"',
  },
];

const stat = [
  {
    name: 'stat takes a slot',
    ...core(
      'look/snapshot.cc',
      'snapshot.admin_held = file.locked(IPC_LOCK_ADMIN);',
      'snapshot.admin_held = file.locked(IPC_LOCK_ADMIN);\n  std::unique_ptr<Segment> attached;\n  static_cast<void>(Segment::open(name, snapshot.header.kind, attached));',
    ),
    by: ['node test/cli-stat.test.ts "counts what is queued"', 'native "looking changes no byte*"'],
  },
  {
    name: 'stat leaves a time of access',
    ...core('system/open_quietly.h', 'flags | O_NOATIME', 'flags'),
    by: 'node test/cli-stat.test.ts "changes no byte and no time"',
  },
  {
    name: 'stat names the wrong holder',
    ...core(
      'look/snapshot_bodies.cc',
      'slot = (word >> IPC_LOCK_GENERATION_BITS) - 1;',
      'slot = 0;',
    ),
    by: 'node test/cli-stat.test.ts "names the holder of a lock"',
  },
  {
    name: 'stat takes a dead holder for a living one',
    ...core(
      'look/snapshot_bodies.cc',
      'alive = found != nullptr && (found->generation & kGenerationMask) == (word & kGenerationMask);',
      'alive = found != nullptr || slot < IPC_PARTICIPANTS;',
    ),
    by: 'node test/cli-stat.test.ts "says that a killed holder is dead"',
  },
  {
    name: 'stat counts no large messages',
    ...core('look/snapshot_bodies.cc', 'number(pages * IPC_EXTENT_PAGE)', 'number(pages)'),
    by: 'node test/cli-stat.test.ts "counts what is queued"',
  },
  {
    name: 'stat does not say who has items',
    ...lib('segments.ts', "role === 'unfinished'", "role === 'finished'"),
    by: 'node test/cli-stat.test.ts "who has items of a joinable queue"',
  },
  {
    name: 'stat knows nobody who waits',
    ...lib('segments.ts', "role === 'waiting' && alive", "role === 'waiting' && !alive"),
    by: 'node test/cli-stat.test.ts "counts who waits"',
  },
  {
    name: 'stat does not ask the checker',
    ...lib('stat.ts', 'if (!readable || object.kind', 'if (readable || object.kind'),
    by: 'node test/cli-ls.test.ts "asks the checker as well"',
  },
];

const top = [
  {
    name: 'top takes a wrap for a loss',
    ...lib('top.ts', 'moved < 0 ? moved + channel.modulus : moved', 'moved'),
    by: 'node test/cli-rates.test.ts',
  },
  {
    name: 'top compares objects of one name',
    ...lib(
      'top.ts',
      'function identity({ path, createdAt, owner }: ObjectReport): string {',
      "function identity({ path, owner }: ObjectReport): string {\n  const createdAt = '';",
    ),
    by: 'node test/cli-rates.test.ts',
  },
  {
    name: 'top counts gets for puts',
    ...lib('top.ts', "putsPerSecond: speed('put')", "putsPerSecond: speed('taken')"),
    by: 'node test/cli-rates.test.ts',
  },
  {
    name: 'top forgets since when it saw a lock held',
    ...lib('top.ts', 'const first = this.#held.get(key) ?? now;', 'const first = now;'),
    by: 'node test/cli-rates.test.ts',
  },
];

export const faults = [...clean, ...rm, ...ls, ...stat, ...top];
