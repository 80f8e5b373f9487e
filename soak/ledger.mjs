// What became of every item, from the journals of those who put and took. Exact: an item whose put had returned was taken once, or it
// was taken by one who was killed after he had it and before he had said so. There is one such gap for each kill at the most.
import { Entry, entriesOf } from './journal.mjs';
import { priorityOf } from './items.mjs';

/**
 * @param {{ id: number, role: string, killed: boolean, journal: Uint32Array }[]} parts producers and consumers that have all ended
 * @param {{ kind: string }} options which queue it was
 * @returns {{ put: number, taken: number, missing: number, gap: number, unfinished: [number, number], faults: string[] }}
 * `missing`: returned puts that nobody has said to have taken. `gap`: how many the killed may have taken in silence. `unfinished`: bounds of
 * what the killed had taken from a joinable queue and not finished
 */
export function settleItems(parts, { kind }) {
  const faults = [];
  const puts = new Map();
  for (const { id, role, killed, journal } of parts) {
    if (role === 'producer') puts.set(id, readPuts(id, killed, journal, faults));
  }
  let gap = 0;
  let taken = 0;
  const unfinished = [0, 0];
  for (const { id, role, killed, journal } of parts) {
    if (role !== 'consumer') continue;
    const account = readTakes(id, journal, puts, kind, faults);
    taken += account.taken;
    if (killed) {
      gap += account.open;
      unfinished[0] += account.taken - account.finishing;
      unfinished[1] += account.taken + account.open - account.finished;
    } else if (account.open > 0) {
      faults.push(`consumer ${id} ended by itself in the middle of a get`);
    }
  }
  let put = 0;
  let missing = 0;
  const examples = [];
  for (const [id, { sent, times }] of puts) {
    put += sent;
    for (let n = 0; n < sent; n++) {
      if (times[n] > 0) continue;
      missing++;
      if (examples.length < 10) examples.push(`${id}:${n}`);
    }
  }
  if (missing > gap) {
    faults.push(
      `${missing} items are lost and the killed can have had ${gap}: ${examples.join(' ')}`,
    );
  }
  return { put, taken, missing, gap, unfinished, faults };
}

/** `sent`: items 0 to `sent - 1` are in, for the calls returned. `begun`: those below it may be in. */
function readPuts(id, killed, journal, faults) {
  let sent = 0;
  let begun = 0;
  for (const [kind, first, count] of entriesOf(journal)) {
    if (kind === Entry.put) begun = first + count;
    if (kind === Entry.putDone) sent = first + count;
    if (kind === Entry.putRefused) begun = first;
  }
  if (!killed && begun !== sent)
    faults.push(`producer ${id} ended by itself in the middle of a put`);
  return { sent, begun, times: new Uint8Array(begun) };
}

function readTakes(id, journal, puts, kind, faults) {
  const last = new Map();
  const account = { taken: 0, open: 0, finishing: 0, finished: 0 };
  for (const [entry, a, b] of entriesOf(journal)) {
    if (entry === Entry.get) account.open = a;
    else if (entry === Entry.gotNothing) account.open = 0;
    else if (entry === Entry.finish) account.finishing++;
    else if (entry === Entry.finished) account.finished++;
    else if (entry === Entry.got) {
      account.taken++;
      account.open--;
      take(a, b);
    }
  }
  return account;

  function take(p, n) {
    const producer = puts.get(p);
    if (producer === undefined || n >= producer.begun) {
      faults.push(`consumer ${id} got item ${n} of producer ${p}, which never put it`);
      return;
    }
    if (++producer.times[n] > 1) faults.push(`item ${n} of producer ${p} came twice`);
    const stream = kind === 'priority' ? `${p}/${priorityOf(p, n)}` : p;
    const before = last.get(stream) ?? -1;
    if (n <= before) faults.push(`consumer ${id} got item ${n} of producer ${p} after ${before}`);
    last.set(stream, n);
  }
}
