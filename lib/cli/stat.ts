import { binding } from '../addon.js';
import { find, isOurs } from './directory.js';
import { heldBy } from './ls.js';
import type { ChannelReport, ObjectReport } from './report.js';
import { table } from './table.js';
import { bytes, printable, span } from './units.js';
import { exitCodes, Refusal, readArguments, readName } from './usage.js';

export const help = `interproc stat NAME [--memory] [--json]

Says all about one object: who is attached, who holds its locks and since when, who waits, what is queued.
Looks only: takes no lock, changes nothing.

  --memory   bare memory (SharedMemory, ShareableList) of that name, where a segment has the same
  --json     a document as docs/cli.md describes it
`;

function channelText(channel: ChannelReport): string {
  const { messages, bytes: used, largeBytes, capacity, maxItems, maxBytes, shutDown } = channel;
  const large = largeBytes > 0 ? ` and ${bytes(largeBytes)} of large ones` : '';
  const bound = maxItems === null ? '' : `, at most ${maxItems}`;
  const largest = maxBytes === null ? '' : `, each at most ${bytes(maxBytes)}`;
  return `${messages} queued, ${bytes(used)} of ${bytes(capacity)}${large}${bound}${largest}${shutDown ? ', shut down' : ''}`;
}

function lines(object: ObjectReport): (readonly [string, string])[] {
  const { persist, owner, mode, size, allocated, findings, reason } = object;
  const state =
    object.state === 'ok' ? (object.abandoned ? 'abandoned' : 'ok') : `${object.state}: ${reason}`;
  const creator = object.creator === null ? '' : ` by pid ${object.creator}`;
  const created =
    object.createdAt === null && creator === ''
      ? []
      : [['created', `${object.createdAt ?? ''}${creator}`] as const];
  return [
    ['name', object.name],
    ['kind', object.kind],
    ['state', state],
    ...findings.slice(1).map((finding) => ['', finding] as const),
    ['path', object.path],
    ['size', `${bytes(size)}, ${bytes(allocated)} in use`],
    ['owner', `user ${owner}, mode ${mode}${persist ? ', persists' : ''}`],
    ...created,
    ...(object.layoutVersion === null
      ? []
      : [['layout', `version ${object.layoutVersion}`] as const]),
    ...(object.channels.length === 0 || object.codec === null
      ? []
      : [['codec', object.codec] as const]),
    ...(object.options === null ? [] : [['options', JSON.stringify(object.options)] as const]),
    ...(object.changing ? [['changing', 'somebody attaches, detaches or unlinks'] as const] : []),
    ...object.channels.map((channel) => [channel.name, channelText(channel)] as const),
    ...Object.entries(object.details).map(([name, value]) => [name, String(value ?? '-')] as const),
    ...object.unfinished.map(
      ({ slot, pid, count }) =>
        [
          'taken by',
          `${pid === null ? `a dead one, slot ${slot}` : `pid ${pid}`}: ${count}`,
        ] as const,
    ),
    ...object.locks.map(
      (lock) =>
        [
          lock.role,
          lock.depth > 1 ? `${heldBy(lock)}, ${lock.depth} times` : heldBy(lock),
        ] as const,
    ),
  ];
}

/** The whole of what is known, for people. */
export function describe(object: ObjectReport): string {
  const all = lines(object);
  const width = Math.max(...all.map(([label]) => label.length));
  const parts = [
    all.map(([label, text]) => `${label.padEnd(width)}  ${printable(text)}`.trimEnd()).join('\n'),
  ];
  if (object.participants.length > 0)
    parts.push(
      table(
        [
          { title: 'SLOT', right: true, cell: ({ slot }) => String(slot) },
          { title: 'PID', right: true, cell: ({ pid }) => String(pid) },
          {
            title: 'ATTACHED',
            right: true,
            cell: ({ attachedMs }) => (attachedMs === null ? '-' : span(attachedMs)),
          },
          {
            title: 'AGE',
            right: true,
            cell: ({ processAgeMs }) => (processAgeMs === null ? '-' : span(processAgeMs)),
          },
          { title: 'STATE', cell: ({ processState }) => processState ?? 'not seen' },
          { title: 'COMMAND', cell: ({ command }) => (command ?? '-').slice(0, 100) },
        ],
        object.participants,
      ),
    );
  if (object.waiters.length > 0)
    parts.push(
      table(
        [
          { title: 'WAITS FOR', cell: (waiter) => waiter.for },
          { title: 'SLOT', right: true, cell: ({ slot }) => String(slot) },
          { title: 'PID', right: true, cell: ({ pid }) => String(pid ?? '-') },
          { title: 'WAITS', right: true, cell: ({ count }) => String(count) },
        ],
        object.waiters,
      ),
    );
  return parts.join('\n\n');
}

/**
 * The object with what the checker of the layout's rules finds. It is in use meanwhile, so only what two checks find alike counts.
 */
function examined(object: ObjectReport): ObjectReport {
  const readable = object.state === 'ok' || object.findings.length > 0;
  if (!readable || object.kind === 'memory' || object.owner !== process.geteuid?.()) return object;
  const broken = () => binding.checkSegment(object.name, false);
  const first = broken();
  const again = first.length === 0 ? [] : broken();
  const findings = [
    ...new Set([...object.findings, ...first.filter((rule) => again.includes(rule))]),
  ];
  return findings.length === 0
    ? object
    : { ...object, state: 'damaged', reason: findings[0] ?? null, findings };
}

export function stat(args: readonly string[]): number {
  const given = readArguments(args, { memory: 'boolean', json: 'boolean' }, 1);
  const memory = given.flag('memory');
  const name = readName(given.names[0] as string, memory);
  const found = find(name, memory);
  const object = found === undefined ? undefined : examined(found);
  if (object === undefined || object.reason === 'ENOENT')
    throw new Refusal(`there is no object '${name}'`);
  if (object.kind === 'memory' && object.state === 'ok' && !isOurs(object) && !memory)
    throw new Refusal(
      `'${name}' is not known to be ours: memory that is to persist has no mark. --memory looks all the same`,
    );
  console.log(
    given.flag('json') ? JSON.stringify({ schema: 1, object }, null, 2) : describe(object),
  );
  return exitCodes.ok;
}
