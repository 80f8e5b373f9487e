// shared-memory-disruptor: a ring of elements of one size between processes, in C++. Both sides spin while a round lasts, by
// its own calls for that. An element holds a length in one byte, and a message.
import { rmSync } from 'node:fs';
import { launchExport } from '../harness/launch.mjs';
import { serve } from '../harness/serve.mjs';
import { peer } from './peers.mjs';
import { item, message, rate, timeTripsSync } from './work.mjs';

const elements = 1 << 14;
const elementBytes = 72;

class Side {
  #claims;
  #takes;

  /** Writes to the disruptor `out` and reads from `home`; `first` is whoever makes them. */
  constructor({ out, home, first }) {
    const { Disruptor } = peer('shared-memory-disruptor');
    this.#claims = new Disruptor(out, elements, elementBytes, 1, -1, first, true);
    this.#takes = new Disruptor(home, elements, elementBytes, 1, 0, first, true);
  }

  write(fill) {
    const element = this.#claims.produceClaimSync();
    element[0] = fill(element);
    this.#claims.produceCommitSync();
  }

  /** Calls `use` with each message that is there, and waits for the first. */
  readSome(use) {
    const buffers = this.#takes.consumeNewSync();
    let goOn = true;
    for (const elements of buffers) {
      for (let at = 0; at < elements.length; at += elementBytes) {
        goOn = use(elements.subarray(at + 1, at + 1 + elements[at]));
      }
    }
    this.#takes.consumeCommit();
    return goOn;
  }
}

const putJson = (value) => (element) => element.write(JSON.stringify(value), 1);
const putNothing = () => 0;
function putBytes(bytes) {
  return (element) => {
    element.set(bytes, 1);
    return bytes.length;
  };
}

async function servePair(tell, role, round) {
  const names = ['there', 'back'].map((which) => `/interproc-bench-${process.pid}-${which}`);
  const side = new Side({ out: names[0], home: names[1], first: true });
  const child = launchExport(import.meta.url, 'partner', { names, role });
  await child.next();
  await serve(
    tell,
    async (request) => {
      child.tell({ go: true });
      const samples = await round(side, request);
      await child.next();
      return samples;
    },
    async () => {
      await child.kill();
      for (const name of names) rmSync(`/dev/shm${name}`, { force: true });
    },
  );
}

/** Does its work once for each order, until an empty message. */
export async function partner({ names, role }, tell) {
  const side = new Side({ out: names[1], home: names[0], first: false });
  await serve(tell, () => {
    roles[role](side);
    return { done: true };
  });
}

const roles = {
  echo(side) {
    const echo = (received) => {
      if (received.length === 0) return false;
      side.write(putJson(JSON.parse(received.toString())));
      return true;
    };
    while (side.readSome(echo));
  },
  count(side) {
    let count = 0;
    const take = (received) => {
      if (received.length === 0) return false;
      if (received[0] === 0x7b) JSON.parse(received.toString());
      count++;
      return true;
    };
    while (side.readSome(take));
    side.write(putJson(count));
  },
};

export function roundTrip(_data, tell) {
  return servePair(tell, 'echo', (side, { parts }) => {
    const hot = Object.entries(parts).filter(([, { pauseMs }]) => !pauseMs);
    const parse = (received) => JSON.parse(received.toString());
    const samples = timeTripsSync({ parts: Object.fromEntries(hot) }, () => () => {
      side.write(putJson(message));
      while (side.readSome(parse) === undefined);
    });
    side.write(putNothing);
    return samples;
  });
}

export function throughput({ size }, tell) {
  const bytes = size && Buffer.alloc(size, 1);
  const fill = size ? () => putBytes(bytes) : (i) => putJson(item(i));
  return servePair(tell, 'count', async (side, { count }) => ({
    items: await rate(count, () => {
      for (let i = 0; i < count; i++) side.write(fill(i));
      side.write(putNothing);
      let received;
      side.readSome((answer) => {
        received = JSON.parse(answer.toString());
      });
      if (received !== count) throw new Error(`${received} of ${count} items arrived`);
    }),
  }));
}
