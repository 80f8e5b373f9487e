// One cell of the matrix: a writer's language, a reader's language, a kind of object. First what both must come to, then
// what is left of either when the other is killed.
import assert from 'node:assert/strict';
import { Event, Lock, Queue, RawArray, SharedArray, Value } from 'interproc';
import { Account, expectedSum } from './messages.mjs';
import { Participant } from './participant.mjs';

export const kinds = ['queue', 'pipe', 'value', 'array', 'lock', 'event'];

const [WRITER, READER, STOP] = [0, 2, 4];
const [FIRST, SECOND] = [6, 7];

/** Each round of an event is two wakes of a process, which cost more than hundred messages. */
const eventRounds = (count) => Math.ceil(count / 20);

const opened = {
  queue: (name) => Queue.open(name),
  pipe: () => undefined,
  value: (name) => Value.open(name),
  array: (name) => SharedArray.open(name),
  lock: (name) => Lock.open(name),
  event: (name) => [Event.open(name), Event.open(`${name}-answer`)],
};

/** Runs `work` with participants that have the object open and wait for `go()`. */
async function meet({ kind, name, stop }, casts, work) {
  const journal = new RawArray('q', 8, { name: `${name}-journal` });
  journal[STOP] = stop ? 1n : 0n;
  const people = [];
  let object;
  try {
    for (const [language, role, options] of casts) {
      people.push(new Participant(language, role, kind, name, options));
    }
    const [creator, ...others] = people;
    await creator.said();
    // From here on the object outlives them.
    object = opened[kind](name);
    for (const one of others) one.tell();
    await Promise.all(others.map((one) => one.said()));
    const go = () => {
      for (const one of people) one.tell();
    };
    return await work({ people, go, journal, object });
  } finally {
    await Promise.all(people.map((one) => one.over || one.kill()));
    for (const one of [object, journal].flat()) one?.close();
  }
}

/** Nobody is killed: everything that was written is read, once, in its order. */
export function exchange({ writer, reader, kind, name, count }) {
  const rounds = kind === 'event' ? eventRounds(count) : count;
  const several = kind === 'queue' ? [0, 1] : [0];
  const share = rounds / several.length;
  const casts = [
    ...several.map((instance) => [writer, 'writer', { count: share, instance }]),
    ...several.map((instance) => [reader, 'reader', { count: share, instance }]),
  ];
  return meet({ kind, name, stop: true }, casts, async ({ people, go, journal, object }) => {
    go();
    const writers = people.slice(0, several.length);
    const written = await Promise.all(writers.map((one) => one.result()));
    if (kind === 'queue') object.shutdown();
    const read = await Promise.all(people.slice(several.length).map((one) => one.result()));
    if (kind === 'queue' || kind === 'pipe') checkMessages(kind, written, read, share);
    else if (kind === 'event') checkWaits(rounds, [...written, ...read]);
    else {
      const turns = kind === 'array' ? Math.ceil(rounds / 100) : rounds;
      const full = { rounds: turns, abandoned: 0 };
      assert.deepEqual([...written, ...read], [full, full]);
      checkMemory(kind, object, journal, turns, turns);
    }
  });
}

function checkMessages(kind, written, read, share) {
  for (const [producer, { messages }] of written.entries()) {
    assert.equal(messages, share, `producer ${producer} sent all`);
    const together = (key) => read.reduce((sum, account) => sum + account[key][producer], 0);
    assert.equal(together('messages'), share, `messages of producer ${producer} that arrived`);
    assert.equal(together('sums'), sumOf(producer, share), `checksums of producer ${producer}`);
  }
  for (const { end } of read) assert.equal(end, kind === 'queue' ? 'shut-down' : 'eof');
}

/** Nobody sleeps longer than this without a look, woken or not (docs/layout.md). */
const sleepMs = 50;

/** All rounds were made; and of the waits for a side that came late some ended before the sleeper would have looked by itself. */
function checkWaits(rounds, sides) {
  for (const side of sides) {
    assert.equal(side.rounds, rounds);
    const woken = side.waits.filter((took) => took < sleepMs - 10).length;
    const took = side.waits.map((one) => one.toFixed(1)).join();
    assert.ok(woken >= side.waits.length * 0.3, `who waited was not woken: waits of ${took} ms`);
  }
}

const sums = new Map();

function sumOf(producer, count) {
  const key = `${producer} ${count}`;
  if (!sums.has(key)) sums.set(key, expectedSum(producer, count));
  return sums.get(key);
}

/** What both sides did together, where nothing was lost and nothing was done twice. */
function checkMemory(kind, object, journal, byWriter, byReader) {
  if (kind === 'value') assert.equal(object.value, BigInt(byWriter) + (BigInt(byReader) << 32n));
  if (kind === 'array') {
    const expected = Int32Array.from({ length: 200 }, (_, index) =>
      index < 100 ? byWriter : byReader,
    );
    assert.deepEqual(Int32Array.from(object), expected);
  }
  if (kind === 'lock') {
    const sum = BigInt(byWriter + byReader);
    assert.deepEqual([journal[FIRST], journal[SECOND]], [sum, sum]);
  }
}

/** One side is killed in the middle; the other meets what docs/crash-safety.md says. */
export function survive({ writer, reader, kind, name, victim, random }) {
  const holds = ['value', 'array', 'lock'].includes(kind);
  const dies = { count: 0, hold: holds ? 10 + random(90) : -1 };
  // Of locks the survivor has some work of its own to do; of the rest, whatever comes until the end.
  const lives = { count: holds ? 1_000 : 0 };
  const casts = [
    [writer, 'writer', victim === 'writer' ? dies : lives],
    [reader, 'reader', victim === 'reader' ? dies : lives],
  ];
  return meet({ kind, name, stop: false }, casts, async ({ people, go, journal, object }) => {
    const [dead, alive] = victim === 'writer' ? people : people.toReversed();
    go();
    const threshold = BigInt(kind === 'event' ? 5 + random(50) : 20 + random(1_000));
    if (holds) assert.deepEqual(await dead.said(), { held: dies.hold });
    else await until(() => journal[WRITER] > threshold && journal[READER] > threshold, alive);
    await dead.kill();
    await afterwards[kind]({ victim, alive, journal, object, held: dies.hold });
  });
}

const afterwards = {
  /** What was published arrives; at most one more was published and not yet noted, or taken and not yet noted. */
  async queue({ victim, alive, journal, object }) {
    if (victim === 'writer') {
      object.shutdown();
      checkGapless(await alive.result(), journal[WRITER], 'shut-down');
      return;
    }
    journal[STOP] = 1n;
    const rest = await drain(object, alive);
    const { messages } = await alive.result();
    const taken = Number(journal[READER]);
    const [first] = rest;
    if (first !== undefined) {
      assert.ok(
        first === taken || first === taken + 1,
        `${taken} were taken, and then came ${first}`,
      );
    }
    assert.ok(rest.length >= messages - taken - 1, `${rest.length} of ${messages} after ${taken}`);
    assert.deepEqual(
      rest,
      rest.map((_, index) => messages - rest.length + index),
    );
  },

  async pipe({ victim, alive, journal }) {
    if (victim === 'writer') checkGapless(await alive.result(), journal[WRITER], 'eof');
    else assert.equal((await alive.result()).end, 'broken-pipe');
  },

  async value(outcome) {
    await checkAbandoned('value', outcome);
  },
  async array(outcome) {
    await checkAbandoned('array', outcome);
  },
  async lock(outcome) {
    await checkAbandoned('lock', outcome);
  },

  /** Nothing is left locked: whoever waits is woken by the next set, whoever sets it. */
  async event({ alive, journal, object }) {
    journal[STOP] = 1n;
    for (const one of object) one.set();
    const { rounds } = await alive.result();
    const apart = Math.abs(Number(journal[WRITER] - journal[READER]));
    assert.ok(rounds > 0 && apart <= 1, `${rounds} rounds, the sides are ${apart} apart`);
  },
};

function checkGapless(account, published, end) {
  assert.equal(account.end, end);
  assert.equal(account.messages[0], account.next[0], 'no message is missing in between');
  const more = account.messages[0] - Number(published);
  assert.ok(
    more === 0 || more === 1,
    `${published} were published, ${account.messages[0]} arrived`,
  );
}

/** The rest of a queue, whose writer goes on until it has seen that it is to stop. */
async function drain(queue, writer) {
  const account = new Account();
  const rest = [];
  const take = async (timeout) => {
    for (const bytes of await queue.getMany(1_000, { timeout })) rest.push(account.take(bytes));
  };
  for (;;) {
    const ended = writer.over;
    try {
      await take(ended ? 0 : 20);
    } catch (error) {
      if (error.code !== 'ERR_QUEUE_EMPTY') throw error;
      if (ended) return rest;
    }
  }
}

/** The victim died in its turn `held`, which is half done; the survivor is told once, and finishes it. */
async function checkAbandoned(kind, { victim, alive, journal, object, held }) {
  // The survivor sees this only after an acquisition that follows the death.
  journal[STOP] = 1n;
  const { rounds, abandoned } = await alive.result();
  assert.equal(abandoned, 1, 'how often the survivor was told of an abandoned lock');
  const [byWriter, byReader] = victim === 'writer' ? [held + 1, rounds] : [rounds, held + 1];
  checkMemory(kind, object, journal, byWriter, byReader);
}

async function until(condition, alive) {
  const deadline = performance.now() + 60_000;
  while (!condition()) {
    if (alive.over) await alive.result();
    if (performance.now() > deadline) throw new Error('the two sides do not get on');
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
