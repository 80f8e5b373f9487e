// What a seed reproduces: who does what on which object, and when he is killed, stopped and started again. Pure: nothing here looks at
// the machine. Which instruction a kill meets is up to the machine, so a fault may need several runs of its round.
import { randomFrom } from './random.mjs';

/** `[kind, weight, plan]`: how often a kind of object is chosen, and how many do what on it. */
const kinds = [
  [
    'queue',
    4,
    (random) => items(random, ['sync', 'promise', 'many', 'timed', 'abort', 'iterate'], true),
  ],
  ['joinable', 2, (random) => items(random, ['sync', 'promise', 'many', 'timed'], true)],
  ['priority', 2, (random) => items(random, ['sync', 'promise', 'many', 'timed'], false)],
  ['pipe', 3, pipe],
  ['lock', 3, lock],
  ['semaphore', 2, semaphore],
  ['condition', 2, condition],
  ['event', 1, event],
  ['barrier', 2, barrier],
  ['pool', 2, pool],
];

const total = kinds.reduce((sum, [, weight]) => sum + weight, 0);

/**
 * The plan of one round: scenes, each one object with its seats, and for each scene its faults in their order.
 * @param {number} seed 32 bits
 * @param {number} index of the round, from 0
 * @param {{ processes: number, length: number }} size how many processes at least, and milliseconds before all come to an end
 */
export function planRound(seed, index, { processes, length }) {
  const scenes = [];
  let seated = 0;
  for (let at = 0; seated < processes; at++) {
    const random = randomFrom(seed, index, at);
    const kind = chooseKind(random);
    const { settings, seats, pace = 1 } = kind[2](random);
    scenes.push({ kind: kind[0], settings, seats, faults: faults(random, seats, length, pace) });
    seated += seats.length;
  }
  return { seed, index, length, scenes };
}

function chooseKind(random) {
  let drawn = random.below(total);
  return kinds.find(([, weight]) => {
    drawn -= weight;
    return drawn < 0;
  });
}

/** Kills and stops, each with what happens `rest` milliseconds later: a start, or a continuation. */
function faults(random, seats, length, pace) {
  const planned = [];
  const add = (act, rest) => {
    const seat = random.below(seats.length);
    const worker = seats[seat].role === 'pool' && random.chance(70) ? random.below(4) : undefined;
    planned.push({ at: random.below(length), act, seat, worker, rest });
  };
  if (random.chance(15)) return planned; // some are left in peace
  for (let n = random.between(1, 4) * pace; n > 0; n--) add('kill', random.pick([0, 0, 20, 200]));
  for (let n = random.between(0, 2); n > 0; n--) add('stop', random.between(1, 600));
  return planned.sort((a, b) => a.at - b.at);
}

function seats(count, role, settings) {
  return Array.from({ length: count }, () => ({ role, settings: settings() }));
}

/** Mixtures without empty messages: there is no loan of nothing. */
const withBytes = ['middle', 'large'];

/** `lends`: whether the queue can, and so is sometimes used in place alone. */
function items(random, takes, lends) {
  const loans = lends && random.chance(25);
  const mix = random.pick(loans ? withBytes : ['small', 'small', 'middle', 'large', 'mixed']);
  const settings = {
    mix,
    capacity: random.pick([4096, 16_384, 1 << 20]),
    maxsize: random.pick([0, 0, 1, 7, 100]),
  };
  const put = loans ? ['sync', 'promise'] : ['sync', 'promise', 'many', 'timed', 'abort'];
  const get = loans ? put : takes;
  return {
    settings,
    seats: [
      ...seats(random.between(1, 3), 'producer', () => ({
        form: random.pick(put),
        pause: random.pick([0, 0, 5, 30]),
        mix,
        loans,
      })),
      ...seats(random.between(1, 3), 'consumer', () => ({
        form: random.pick(get),
        pause: random.pick([0, 0, 0, 2]),
        mix,
        loans,
      })),
    ],
  };
}

function pipe(random) {
  const loans = random.chance(30);
  const mix = random.pick(loans ? withBytes : ['small', 'middle', 'large', 'mixed']);
  const duplex = random.chance(50);
  const form = () => ({
    mix,
    duplex,
    loans,
    form: duplex ? 'promise' : random.pick(['sync', 'promise']),
  });
  return {
    settings: { duplex, capacity: random.pick([4096, 65_536, 1 << 20]) },
    seats: [
      { role: 'pipe', settings: { ...form(), sends: duplex, receives: true } },
      { role: 'pipe', settings: { ...form(), sends: true, receives: duplex } },
    ],
  };
}

function lock(random) {
  const kind = random.pick(['lock', 'rlock', 'array']);
  return {
    settings: { kind },
    seats: seats(random.between(2, 4), 'locker', () => ({
      kind,
      form: random.pick(['sync', 'promise', 'timed', 'abort']),
      depth: kind === 'rlock' ? random.between(1, 3) : 1,
      pause: random.pick([0, 0, 1]),
    })),
  };
}

function semaphore(random) {
  const bounded = random.chance(50);
  return {
    settings: { bounded, permits: random.between(1, 4) },
    seats: seats(random.between(2, 4), 'holder', () => ({
      form: random.pick(['sync', 'promise']),
      pause: random.pick([0, 0, 1]),
    })),
  };
}

function condition(random) {
  const form = () => ({ form: random.pick(['sync', 'promise']), pause: random.pick([0, 0, 5]) });
  return {
    settings: {},
    seats: [
      ...seats(random.between(1, 2), 'maker', form),
      ...seats(random.between(2, 3), 'taker', form),
    ],
  };
}

function event(random) {
  const form = () => ({ form: random.pick(['sync', 'promise']), pause: random.between(0, 20) });
  return {
    settings: {},
    seats: [...seats(1, 'setter', form), ...seats(random.between(1, 3), 'waiter', form)],
  };
}

function barrier(random) {
  const parties = random.between(2, 4);
  return {
    settings: { parties },
    seats: seats(parties, 'party', () => ({
      form: random.pick(['sync', 'promise']),
      pause: random.pick([0, 0, 40]),
    })),
  };
}

function pool(random) {
  const workers = random.between(1, 3);
  return {
    settings: { workers },
    seats: [{ role: 'pool', settings: { workers, maxTasksPerChild: random.pick([0, 50]) } }],
    pace: 2,
  };
}
