import { JoinableQueue, PriorityQueue, Queue } from '../../dist/index.js';
import { countOf, Entry } from '../journal.mjs';
import { settleItems } from '../ledger.mjs';

const classes = { queue: Queue, joinable: JoinableQueue, priority: PriorityQueue };

/** Producers and consumers of one queue. Every item arrives once, whole, and in its producer's order. */
export async function play(crew, { kind, settings }, name) {
  const { capacity, maxsize } = settings;
  const queue = new classes[kind]({ name, capacity, maxsize });
  const state = () => `${kind} ${JSON.stringify(settings)} has ${queue.qsize()} items`;
  try {
    await crew.begin({ given: () => ({ kind, queue: queue.handle }) });
    await crew.over(state);
    await crew.ended('producer', state);
    // Without a shutdown, which would wake whoever sleeps by mistake.
    await crew.until('an empty queue', () => queue.empty(), state);
    const lost = kind === 'joinable' ? await join(crew, queue, state) : undefined;
    queue.shutdown();
    await crew.ended('consumer', state);

    const parts = crew.members.map(({ id, role, killed, read }) => ({
      id,
      role,
      killed,
      journal: read(),
    }));
    const account = settleItems(parts, { kind });
    if (lost !== undefined) {
      const [least, most] = account.unfinished;
      if (lost < least || lost > most)
        account.faults.push(`join() said ${lost} were lost, and it was ${least} to ${most}`);
      if (account.missing > lost)
        account.faults.push(`${account.missing} are missing, and join() said ${lost}`);
    }
    const refused = parts.reduce((sum, { journal }) => sum + countOf(journal, Entry.putRefused), 0);
    return {
      faults: account.faults,
      counts: { messages: account.taken, 'items gone with the killed': account.missing, refused },
    };
  } finally {
    queue.close();
  }
}

/** Everything was taken. It is finished, or went with the killed, and then join() says how many of those there were. */
async function join(crew, queue, state) {
  let lost;
  const joined = queue.join().then(
    () => {
      lost = 0;
    },
    (error) => {
      if (error.code !== 'ERR_TASKS_LOST') throw error;
      lost = error.count;
    },
  );
  joined.catch((error) => crew.fail(error));
  await crew.until('the end of join()', () => lost !== undefined, state);
  return lost;
}
