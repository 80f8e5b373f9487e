// A participant of the matrix in JavaScript. ../README.md says what each does.
//
// Instance 1 waits in the event loop where instance 0 blocks.
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { attach, Event, Lock, Pipe, Queue, SharedArray, Value } from 'interproc';
import { Account, message } from '../messages.mjs';

const [role, kind, name, countText, instanceText, holdText] = process.argv.slice(2);
const count = Number(countText);
const instance = Number(instanceText);
const hold = Number(holdText);
const writes = role === 'writer';
const creates = writes && instance === 0;

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (value) => console.log(JSON.stringify(value));

/** Waits for the driver, and ends with it. */
async function told() {
  if ((await lines.next()).done) process.exit(1);
}

const journal = SharedArray.open(`${name}-journal`);
const progress = (writes ? 0 : 2) + instance;
const [STOP, PAYLOAD, FIRST, SECOND] = [4, 5, 6, 7];
const stopped = () => journal[STOP] !== 0n;

/** So that the other side sleeps by then: milliseconds. */
const LATE = 10;
const lateQuestion = (round) => round % 500 === 249;
const lateAnswer = (round) => round % 500 === 499;

const limits = { name, codec: 'raw', capacity: 64 * 1024 };
const kinds = {
  queue: {
    create: () => new Queue(limits),
    open: () => Queue.open(name),
    async writer(queue) {
      let sequence = 0;
      while (sequence < count || !stopped()) {
        const bytes = message(instance, sequence);
        if (instance === 1) await queue.put(bytes);
        else queue.putSync(bytes);
        journal[progress] = BigInt(++sequence);
      }
      return { messages: sequence };
    },
    async reader(queue) {
      const account = new Account();
      const take = (bytes) => {
        account.take(bytes);
        journal[progress] = BigInt(account.total);
      };
      if (instance === 1) {
        for await (const bytes of queue) take(bytes);
        return { ...account.toJSON(), end: 'shut-down' };
      }
      try {
        for (;;) take(queue.getSync());
      } catch (error) {
        if (error.code !== 'ERR_QUEUE_SHUTDOWN') throw error;
        return { ...account.toJSON(), end: 'shut-down' };
      }
    },
  },

  pipe: {
    create() {
      const [mine, theirs] = Pipe(limits);
      // Whoever claims it has it: nobody needs to read the letter.
      const letterBox = new Queue();
      letterBox.putSync(theirs);
      return mine;
    },
    open: () => attach({ interproc: 1, kind: 'connection', name, end: 1 }),
    async writer(end) {
      let sequence = 0;
      try {
        while (sequence < count || !stopped()) {
          end.sendSync(message(0, sequence));
          journal[progress] = BigInt(++sequence);
        }
      } catch (error) {
        if (error.code !== 'EPIPE') throw error;
        return { messages: sequence, end: 'broken-pipe' };
      }
      end.close();
      return { messages: sequence, end: 'done' };
    },
    async reader(end) {
      const account = new Account();
      for await (const bytes of end) {
        account.take(bytes);
        journal[progress] = BigInt(account.total);
      }
      return { ...account.toJSON(), end: 'eof' };
    },
  },

  value: {
    create: () => new Value('q', 0n, { name }),
    open: () => Value.open(name),
    both(value) {
      const step = writes ? 1n : 1n << 32n;
      return turns(count, value, () => {
        value.value += step;
      });
    },
  },

  array: {
    create: () => new SharedArray('i', 200, { name }),
    open: () => SharedArray.open(name),
    both(array) {
      const [mine, theirs] = [writes ? 0 : 100, writes ? 100 : 0];
      return turns(
        Math.ceil(count / 100),
        array,
        (half) => {
          const to = mine + (half ? 50 : 100);
          for (let index = mine; index < to; index++) array[index] += 1;
        },
        (abandoned) => {
          if (abandoned) array.fill(array[theirs], theirs, theirs + 100);
          for (let index = 0; index < 200; index++) {
            if (array[index] !== array[index < 100 ? 0 : 100])
              throw new Error(`half a write at ${index}`);
          }
        },
      );
    },
  },

  lock: {
    create: () => new Lock({ name }),
    open: () => Lock.open(name),
    both(lock) {
      return turns(
        count,
        lock,
        (half) => {
          journal[FIRST] += 1n;
          if (!half) journal[SECOND] += 1n;
        },
        (abandoned) => {
          if (abandoned) journal[SECOND] = journal[FIRST];
          if (journal[FIRST] !== journal[SECOND])
            throw new Error('another one is in the critical section');
        },
      );
    },
  },

  event: {
    create: () => [new Event({ name }), new Event({ name: `${name}-answer` })],
    open: () => [Event.open(name), Event.open(`${name}-answer`)],
    async writer([question, answer]) {
      let rounds = 0;
      const waits = [];
      while (rounds < count || !stopped()) {
        journal[PAYLOAD] = BigInt(rounds + 1);
        if (lateQuestion(rounds)) await delay(LATE);
        question.set();
        const began = performance.now();
        await answer.wait();
        if (lateAnswer(rounds)) waits.push(performance.now() - began);
        answer.clear();
        if (stopped() && rounds >= count) break;
        if (journal[PAYLOAD] !== -BigInt(rounds + 1))
          throw new Error(`round ${rounds}: no answer is there`);
        journal[progress] = BigInt(++rounds);
      }
      return { rounds, waits };
    },
    async reader([question, answer]) {
      let rounds = 0;
      const waits = [];
      while (rounds < count || !stopped()) {
        const began = performance.now();
        question.waitSync();
        if (lateQuestion(rounds)) waits.push(performance.now() - began);
        question.clear();
        if (stopped() && rounds >= count) break;
        if (journal[PAYLOAD] !== BigInt(rounds + 1))
          throw new Error(`round ${rounds}: no question is there`);
        journal[PAYLOAD] = -BigInt(rounds + 1);
        if (lateAnswer(rounds)) await delay(LATE);
        answer.set();
        journal[progress] = BigInt(++rounds);
      }
      return { rounds, waits };
    },
  },
};

/**
 * `act` in a critical section, `least` times, and once more after the driver has said stop; `check` before it. Turn `hold`
 * never ends.
 */
async function turns(least, lockable, act, check = () => {}) {
  let rounds = 0;
  let abandoned = 0;
  for (let last = false; !last; ) {
    last = rounds + 1 >= least && stopped();
    const guard = lockable.acquireSync();
    if (guard.abandoned) abandoned++;
    check(guard.abandoned);
    if (rounds === hold) {
      act(true);
      say({ held: rounds });
      await told();
    }
    act(false);
    guard.release();
    journal[progress] = BigInt(++rounds);
  }
  return { rounds, abandoned };
}

const { create, open, [role]: work = kinds[kind].both } = kinds[kind];
if (!creates) await told();
const object = creates ? create() : open();
say({ ready: true });
await told();
say(await work(object));
process.exit();
