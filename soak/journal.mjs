// What a participant says it is about to do, and what it says has come of it: a file that it writes with one system call for each
// entry. The kernel has it from then on, whatever becomes of the process. Nothing of the library that is under test is in this.
import { openSync, readFileSync, writeSync } from 'node:fs';

/** Kinds of entries. The numbers behind each are described by who writes it, in `roles/`. */
export const Entry = Object.freeze({
  ready: 1, // attached, and about to begin
  put: 2, // about to put items `a` to `a + b - 1`
  putDone: 3, // the same: the call has returned
  putRefused: 4, // the same: the call said that it put none of them
  get: 5, // about to take `a` items at most
  got: 6, // took item `b` of producer `a`
  gotNothing: 7, // nothing, or nothing more, came of the call
  finish: 8, // about to say taskDone()
  finished: 9,
  end: 10, // the end of file, a shutdown, or a peer that is gone: `a` says which (see `Ending`)
  enter: 11, // about to take a lock, a permit or a token, or to wait for an event
  entered: 12, // has it; `a` is 1 where the former holder was said to have died
  leave: 13, // about to give it back
  left: 14,
  gaveUp: 15, // a limited wait was over
  arrive: 16, // about to wait at the barrier, in epoch `a`, for the `b`th time; at millisecond `c`
  pass: 17, // the same: with index `c`
  broken: 18, // the same: the barrier was broken
  task: 19, // about to give task `a` to the pool
  result: 20, // its result came, and was right
  died: 21, // its worker died
});

export const Ending = Object.freeze({ endOfFile: 1, brokenPipe: 2, shutDown: 3, deadline: 4 });

const size = 16;

/** CLOCK_MONOTONIC, which all processes share, in milliseconds and 32 bits. */
export function millisecond() {
  return Number((process.hrtime.bigint() / 1_000_000n) % 2n ** 32n);
}

/** The writing side. Entries are 16 bytes, and begin at multiples of that: none is ever torn between two pages. */
export function openJournal(path) {
  const file = openSync(path, 'ax');
  const one = new Uint32Array(size / 4);
  return {
    write(kind, a = 0, b = 0, c = 0) {
      one[0] = kind;
      one[1] = a;
      one[2] = b;
      one[3] = c;
      writeSync(file, one);
    },
    /** Many entries `[kind, a, b]` by one call. */
    writeAll(entries) {
      const all = new Uint32Array((entries.length * size) / 4);
      entries.forEach((entry, index) => {
        all.set(entry, (index * size) / 4);
      });
      writeSync(file, all);
    },
  };
}

/** All entries as one array of 32-bit numbers, four for each; empty where the participant did not come so far. */
export function readJournal(path) {
  let bytes;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if (error.code === 'ENOENT') return new Uint32Array();
    throw error;
  }
  if (bytes.length % size !== 0) throw new Error(`a torn journal: ${path}`);
  return new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

/** `[kind, a, b, c]` of each entry. */
export function* entriesOf(journal) {
  for (let at = 0; at < journal.length; at += 4) {
    yield [journal[at], journal[at + 1], journal[at + 2], journal[at + 3]];
  }
}

/** How many entries of a kind there are. */
export function countOf(journal, kind) {
  let count = 0;
  for (let at = 0; at < journal.length; at += 4) if (journal[at] === kind) count++;
  return count;
}

/** The last entry, in words, for people. */
export function lastWords(journal) {
  if (journal.length === 0) return 'nothing yet';
  const [kind, ...numbers] = journal.subarray(journal.length - 4);
  const name = Object.keys(Entry).find((key) => Entry[key] === kind) ?? kind;
  return `${name}(${numbers.join(', ')}), entry ${journal.length / 4}`;
}
