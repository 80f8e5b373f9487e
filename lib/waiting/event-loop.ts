import type { Socket } from 'node:net';
import { builtin } from '../builtin.js';
import { binding } from '../native.js';
import { Inspection } from './inspection.js';
import { PollBudget } from './poll-budget.js';

/**
 * How the event loop waits for shared objects, for all of them at once.
 *
 *   idle ──a lane waits──> polling ──nothing for a while──> asleep ──doorbell──> polling …
 *
 * Polling is one native call each turn of the loop (setImmediate), so other events go on. It lasts as long as the budget of any watch
 * that counts: each object has learnt its own (poll-budget.ts), so that one for which polling never pays keeps nobody awake. Before it sleeps the loop announces
 * every watch and looks once more (native/core/waiting/wait.h); then one FIFO, its doorbell, wakes it. A timer (inspection.ts) looks at those
 * whose death wakes nobody: it asks the kernel, and judges nobody by time.
 */
export interface Waiting {
  /** Tries again, and goes on waiting or stops. */
  settle(): void;
}

/** The longest that is polled before a sleep, in nanoseconds: 0 with one CPU, and where INTERPROC_POLL forbids it. */
const longestPoll = binding.longestPoll() * 1000;

/** How long one look lasts, in nanoseconds: an answer on its way arrives meanwhile, and nobody notices the delay. */
const look = Math.min(3000, longestPoll);

/** The same for a thread that blocks, and so delays nobody. */
const longestLook = Math.min(20_000, longestPoll);

const ready = new Uint32Array(4096);
const waiting: (Waiting | undefined)[] = [];
let active = new Uint8Array(64);
let count = 0;
/** The numbers of the watches that count, added up: where there is one, it is its number. */
let sum = 0;
let state: 'idle' | 'polling' | 'asleep' = 'idle';
/** Watches that count no more, and have not been taken back yet. */
const resting = new Set<number>();
/** What was learnt of each watch. */
const budgets: PollBudget[] = [];
let pollUntil = 0;
/** Turns of the loop in which it looked. */
let turns = 0;
let asleepSince = 0;
let doorbell: Socket | undefined;
/** Whether whoever rings the doorbell is heard. */
let hears = false;
const inspection = new Inspection({
  look: () => serve(binding.inspect()),
  isTold: () => hears && binding.watchDepartures(),
});

binding.setReadyTable(ready);
binding.setActiveTable(active);

/** What is watched for: a condition of an object, with its parameter. */
interface Watched {
  readonly id: number;
  readonly condition: number;
  readonly need?: number;
  /** Whether it may be polled for before a sleep. */
  readonly polls?: boolean;
}

/** A watch for an object, which counts from `start` to `stop`. It ends with the object. */
export function createWatch(
  lane: Waiting,
  { id, condition, need = 0, polls = true }: Watched,
): number {
  const number = binding.watch(id, condition, need);
  waiting[number] = lane;
  budgets[number] = new PollBudget(polls ? longestPoll / 1e6 : 0);
  if (number >= active.length) {
    const larger = new Uint8Array(active.length * 2);
    larger.set(active);
    active = larger;
    binding.setActiveTable(active);
  }
  active[number] = 0;
  return number;
}

/** The watch counts: somebody waits. A pending wait keeps the process alive. */
export function start(number: number): void {
  active[number] = 1;
  sum += number;
  count++;
  inspection.begin();
  poll(number);
}

/** What an active watch waits for has changed. */
export function poll(number: number): void {
  const budget = budgets[number] as PollBudget;
  budget.begin(turns);
  const until = performance.now() + budget.milliseconds;
  if (state === 'polling') {
    pollUntil = Math.max(pollUntil, until);
    return;
  }
  state = 'polling';
  pollUntil = until;
  setImmediate(turn);
}

/**
 * Looks for a moment, in the call, for what a watch that does not count now would wait for: where the last wait was over so soon that
 * a turn of the loop was all it cost. Answers that come so follow each other without one, so the addon counts the time since the last: after
 * 50 µs the next wait goes by the loop, and timers and I/O have their turn.
 */
export function glance(number: number): boolean {
  const budget = budgets[number];
  if (budget === undefined || !budget.prompt) return false;
  const seen = binding.glance(number, look);
  if (seen > 0) budget.foresee();
  else if (seen === 0) budget.overlook();
  return seen > 0;
}

/**
 * Blocks the thread until something watched may be ready, or a signal came, `milliseconds` at most, and serves what is ready: for a `Sync`
 * wait on several objects. Whoever waits in promise form is served as well. The loop looks anew afterwards, because the wait's own watches made it poll.
 */
export function block(milliseconds: number): void {
  retireResting();
  if (serve(binding.poll(longestLook))) return;
  const found = binding.block(milliseconds);
  // It may have been told of a departure.
  inspection.departed();
  serve(found);
}

/**
 * Nobody waits any more. A wake-up that the watch may have been given goes to the next waiter where the condition still holds: this
 * thread may have been woken for more than it took. A loop that is awake sees to that in its next turn, behind whoever has just got
 * what it waited for; most begin the next wait, and then nothing has to be taken back at all.
 */
export function stop(number: number): void {
  active[number] = 0;
  sum -= number;
  count--;
  if (state === 'polling') resting.add(number);
  else {
    binding.retire(number);
    if (count === 0) inspection.end();
  }
}

/** What a resting watch may have been woken for goes to the next waiter now: it is about to wait for something else. */
export function retire(number: number): void {
  binding.retire(number);
}

/** For a thread that is about to block, and whose loop will have no turn for long. */
export function retireResting(): void {
  if (resting.size === 0) return;
  for (const number of resting) if (active[number] === 0) binding.retire(number);
  resting.clear();
}

/** stop() for a wait that takes nothing: what it was woken for is another's, now. */
export function leave(number: number): void {
  stop(number);
  if (resting.delete(number)) binding.retire(number);
}

function turn(): void {
  turns++;
  retireResting();
  if (count === 0) {
    state = 'idle';
    inspection.end();
    return;
  }
  if (performance.now() < pollUntil) serve(binding.poll(look), hit);
  else if (!serve(announce(), hit)) {
    for (let number = 0; number < budgets.length; number++)
      if (active[number] === 1) (budgets[number] as PollBudget).miss();
    sleep();
    return;
  }
  setImmediate(turn);
}

const hit = (budget: PollBudget) => budget.hit(turns);

/** Tells the watches that may be ready; first their budgets, which a watch that goes on waiting asks. */
function serve(found: number, learn?: (budget: PollBudget) => void): boolean {
  if (found === 0) return false;
  if (found === 1) {
    const number = ready[0] as number;
    learn?.(budgets[number] as PollBudget);
    waiting[number]?.settle();
    return true;
  }
  // Settling may look again and fill the table anew.
  for (const number of ready.slice(0, found)) {
    learn?.(budgets[number] as PollBudget);
    waiting[number]?.settle();
  }
  return true;
}

/** Without a doorbell (no space for the FIFO, no descriptor) the loop sleeps all the same: the inspection looks every 50 ms. */
function announce(): number {
  try {
    if (doorbell === undefined) doorbell = openDoorbell();
    return binding.announce();
  } catch {
    return 0;
  }
}

function sleep(): void {
  state = 'asleep';
  asleepSince = performance.now();
}

/** Whoever is woken comes first: of code that has not run for a while each function costs microseconds. */
function wakeUp(): void {
  if (state !== 'asleep') return;
  state = 'polling';
  pollUntil = performance.now();
  const slept = pollUntil - asleepSince;
  if (count === 1) {
    // The attempt looks by itself, and takes nothing that is not there.
    (budgets[sum] as PollBudget).slept(slept);
    waiting[sum]?.settle();
  } else serve(binding.poll(0), (budget) => budget.slept(slept));
  void settled.then(turnLater);
}

const settled = Promise.resolve();
const turnLater = () => {
  setImmediate(turn);
};

/** Somebody has gone who had one of the objects open. */
function departed(): void {
  inspection.departed();
  if (count > 0) serve(binding.inspect());
}

const departureByte = 2;

function openDoorbell(): Socket {
  // One buffer for ever.
  const rung = Buffer.allocUnsafeSlow(64);
  const socket = new builtin.net.Socket({
    fd: binding.takeDoorbell(),
    readable: true,
    writable: false,
    onread: {
      buffer: rung,
      callback: (length: number) => {
        // A FIFO that was full may have lost one.
        let told = length === rung.length;
        for (let n = 0; n < length && !told; n++) told = rung[n] === departureByte;
        if (told) departed();
        wakeUp();
        return true;
      },
    },
  } as ConstructorParameters<typeof Socket>[0]);
  hears = true;
  socket.on('error', () => {
    // Whoever rings is not heard any more: from now on the inspection looks every 50 ms.
    hears = false;
    inspection.departed();
  });
  socket.unref();
  return socket;
}
