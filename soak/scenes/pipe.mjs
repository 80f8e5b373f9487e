import { Pipe } from '../../dist/index.js';
import { patienceWithDeaths } from '../crew.mjs';
import { Ending, Entry, entriesOf } from '../journal.mjs';

/**
 * A process at each end of a pipe. What arrives is a beginning of what was sent, in order; who met the end of file has had all that was
 * sent before. When one is killed the other is told, and another two begin with a new pipe.
 */
export async function play(crew, { settings }, name) {
  const pairs = [];
  const faults = [];
  let messages = 0;

  const begin = (start) => {
    const [reader, writer] = Pipe({ ...settings, name: `${name}-${pairs.length}` });
    const pair = [reader, writer].map((end, seat) => start(seat, { end: end.handOver() }));
    pairs.push(pair);
    return pair;
  };
  // Both ends of a pair begin together, with a pipe of their own.
  let first;
  await crew.begin({
    given(seat) {
      first ??= Pipe({ ...settings, name: `${name}-first` }).map((end) => ({
        end: end.handOver(),
      }));
      return first[seat];
    },
    async restart(member) {
      const pair = pairs.find((two) => two.includes(member)) ?? crew.members.slice(0, 2);
      const other = pair.find((one) => one !== member);
      await crew.until('the other end’s end', () => other.ended, undefined, patienceWithDeaths);
      if (pair.begunAnew) return; // the other one was killed as well, and was first
      pair.begunAnew = true;
      begin((seat, given) => crew.start(seat, given));
    },
  });
  pairs.push(crew.members.slice(0, 2));
  await crew.over();
  await crew.ended();
  for (const pair of pairs) {
    const notes = pair.map(read);
    for (const [here, there] of [notes, notes.toReversed()]) {
      messages += here.got.length;
      check(here, there, faults);
    }
    if (
      !pair.some(({ killed }) => killed) &&
      notes.every(({ ending }) => ending !== Ending.deadline)
    )
      faults.push(`nobody was killed, and no end of the pipe closed first: ${name}`);
  }
  return { faults, counts: { messages, pipes: pairs.length } };
}

function read(member) {
  const note = { member, got: [], begun: 0, sent: 0, ending: undefined, sawEnd: false };
  for (const [kind, a, b] of entriesOf(member.read())) {
    if (kind === Entry.put) note.begun = a + 1;
    if (kind === Entry.putDone) note.sent = a + 1;
    if (kind === Entry.got) note.got.push([a, b]);
    if (kind !== Entry.end) continue;
    note.ending ??= a;
    if (a === Ending.deadline) note.ending = a;
    if (a === Ending.endOfFile) note.sawEnd = true;
  }
  return note;
}

/** What the one end received against what the other sent. */
function check({ member, got, sawEnd }, sender, faults) {
  const wrong = got.findIndex(([p, n], index) => p !== sender.member.id || n !== index);
  if (wrong >= 0)
    faults.push(`pipe ${member.id}: ${got[wrong].join(':')} is number ${wrong} to arrive`);
  if (got.length > sender.begun)
    faults.push(`pipe ${member.id}: ${got.length} messages arrived of ${sender.begun}`);
  if (sawEnd && got.length < sender.sent)
    faults.push(
      `pipe ${member.id}: the end of file after ${got.length} of ${sender.sent} messages`,
    );
}
