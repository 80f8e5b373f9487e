import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { binding } from '../dist/addon.js';
import { type Connection, Pipe } from '../dist/index.js';
import { PollBudget } from '../dist/waiting/poll-budget.js';
import { own, ownBoth } from './helpers/owned.js';
import { Peer } from './helpers/peer.js';

/** Another process that sends everything back. */
async function echo(): Promise<Connection<number>> {
  const [here, there] = ownBoth(Pipe<number>());
  const peer = new Peer('connection', 'echo', { handle: there.handOver() });
  await peer.event('ready');
  return here;
}

/** Calls `act` in every turn of the event loop until the function that it gives is called. */
function everyTurn(act: () => void): () => void {
  const tick = () => {
    act();
    next = setImmediate(tick);
  };
  let next = setImmediate(tick);
  return () => clearImmediate(next);
}

async function trip(connection: Connection<number>, n: number): Promise<void> {
  await connection.send(n);
  if ((await connection.recv()) !== n) throw new Error('another answer');
}

/** A socket of this process whose two ends answer each other: how often they have done so. */
async function volley(): Promise<{ answers: number }> {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const [[one], other] = await Promise.all([
    once(server, 'connection') as Promise<[Socket]>,
    connect(port),
  ]);
  server.close();
  const count = { answers: 0 };
  for (const end of [one, other]) {
    own({ close: () => end.destroy() });
    end.setNoDelay().on('data', (data) => {
      count.answers++;
      end.write(data);
    });
  }
  other.write('x');
  return count;
}

describe('answers that come while a wait begins', () => {
  it('leave the event loop its turns, its timers and its sockets', async () => {
    const connection = await echo();
    const sockets = await volley();
    let count = 0;
    let before = 0;
    let most = 0;
    const stop = everyTurn(() => {
      most = Math.max(most, count - before);
      before = count;
    });
    let ticks = 0;
    const ticking = setInterval(() => ticks++, 1);
    const end = performance.now() + 1000;
    for (; performance.now() < end; count++) await trip(connection, count);
    clearInterval(ticking);
    stop();
    // After 50 µs the loop has a turn, and there and back takes a microsecond or so.
    expect(most).toBeLessThan(250);
    expect(ticks).toBeGreaterThan(20);
    expect(sockets.answers).toBeGreaterThan(20);
  });

  it.skipIf(availableParallelism() < 2)('need no turn each', async () => {
    const connection = await echo();
    let turns = 0;
    const stop = everyTurn(() => turns++);
    const limit = performance.now() + 30_000;
    const each = 20;
    // Both processes have a processor at the same time sooner or later.
    for (let before = -each; turns - before > each / 2; ) {
      expect(performance.now()).toBeLessThan(limit);
      before = turns;
      for (let n = 0; n < each; n++) await trip(connection, n);
    }
    stop();
  });

  it('come in their order, to waits that were there before as well', async () => {
    const connection = await echo();
    let next = 0;
    for (let round = 0; round < 2000; round++) {
      const sent = [next, next + 1, next + 2];
      for (const n of sent) connection.sendSync(n);
      const waits = sent.map(() => connection.recv());
      expect(await Promise.all(waits)).toEqual(sent);
      next += sent.length;
      for (let n = 0; n < 3; n++) await trip(connection, n);
    }
  });
});

describe('the addon looks in a call', () => {
  it('for what is there or comes, and not where the last turn of the loop is long ago', () => {
    const event = binding.createEvent(`glance-${process.pid}`, 0o600, false, 0, '{}');
    const watch = binding.watch(event, 1, 0);
    /** What some looks give, each right behind a turn. */
    const looks = () =>
      new Set(
        Array.from({ length: 1000 }, () => {
          binding.poll(0);
          return binding.glance(watch, 3000);
        }),
      );
    expect(looks()).toContain(0);
    binding.eventSet(event);
    expect(looks()).toContain(1);
    const end = performance.now() + 1;
    while (performance.now() < end);
    expect(binding.glance(watch, 3000)).toBe(-1);
    expect(looks()).toContain(1);
    binding.close(event);
    expect(binding.glance(watch, 3000)).toBe(0);
  });
});

describe('what was learnt of an object', () => {
  it('says that answers come at once after a wait of one turn, until one does not', () => {
    const budget = new PollBudget(5);
    expect(budget.prompt).toBe(false);
    const untrue = [() => budget.miss(), () => budget.slept(0.01), () => budget.hit(9)];
    for (const end of untrue) {
      budget.begin(6);
      budget.hit(7);
      expect(budget.prompt).toBe(true);
      end();
      expect(budget.prompt).toBe(false);
    }
  });

  it('says so ever more rarely after looks in vain, as where this very thread is to send the question', () => {
    const budget = new PollBudget(5);
    /** How many waits of one turn it takes. */
    const waits = () => {
      let count = 0;
      for (; !budget.prompt; count++) {
        budget.begin(6);
        budget.hit(7);
      }
      return count;
    };
    const needed = Array.from({ length: 13 }, () => {
      const count = waits();
      budget.overlook();
      return count;
    });
    expect(needed).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1024, 1024]);
    waits();
    budget.foresee();
    expect(budget.prompt).toBe(true);
    budget.overlook();
    expect(waits()).toBe(2);
  });

  it('says nothing of the kind where nobody polls', () => {
    const budget = new PollBudget(0);
    budget.begin(6);
    budget.hit(7);
    expect(budget.prompt).toBe(false);
  });
});
