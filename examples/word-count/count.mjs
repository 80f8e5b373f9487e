// What is in a file: bytes, lines and words, by the rules of wc. A file with a NUL byte near its beginning is binary, and
// only its bytes count.
import { closeSync, openSync, readSync } from 'node:fs';
import path from 'node:path';
import { createTally } from './aggregate.mjs';

const batchSize = 64;
const chunk = Buffer.allocUnsafe(256 * 1024);
const binaryProbe = 8_000;

// 1 for the bytes that separate words: tab, line feed, vertical tab, form feed, carriage return, space.
const isSpace = new Uint8Array(256);
for (const code of [9, 10, 11, 12, 13, 32]) isSpace[code] = 1;

/** `{ bytes, lines, words, binary }` of one file, which may be of any size. Throws what the file system says. */
export function countFile(file) {
  const descriptor = openSync(file, 'r');
  try {
    let bytes = 0;
    let lines = 0;
    let words = 0;
    let binary = false;
    let afterSpace = 1;
    for (;;) {
      const length = readSync(descriptor, chunk, 0, chunk.length, null);
      if (length === 0) return { bytes, lines, words, binary };
      if (bytes === 0) binary = chunk.subarray(0, Math.min(length, binaryProbe)).includes(0);
      bytes += length;
      if (binary) continue;
      for (let i = 0; i < length; i++) {
        const byte = chunk[i];
        const space = isSpace[byte];
        words += afterSpace & (space ^ 1);
        afterSpace = space;
        if (byte === 10) lines++;
      }
    }
  } finally {
    closeSync(descriptor);
  }
}

/** The type of a file: its extension in lower case, or `(none)`. */
export function typeOf(file) {
  return path.extname(file).toLowerCase() || '(none)';
}

/** Counts some files into a tally: the part of the work that both ways of doing it share. */
export function countFiles(files, tally = createTally()) {
  for (const file of files) {
    try {
      tally.addFile(typeOf(file), countFile(file));
    } catch (error) {
      tally.skip(file, error.code ?? error.message);
    }
  }
  return tally;
}

/** The second stage, several at once: takes names by the batch, and passes on a partial result for each batch. */
export async function countFromQueue(files, partials, progress) {
  for (;;) {
    const batch = await files.getMany(batchSize);
    const names = batch.filter((name) => name !== null);
    if (names.length > 0) {
      const tally = countFiles(names);
      await partials.put(tally.toPlain());
      progress.filesDone.add(names.length);
      progress.bytesDone.add(BigInt(tally.bytes));
    }
    // A batch may hold the pills of the others too: those go back.
    const pills = batch.length - names.length;
    if (pills === 0) continue;
    if (pills > 1) await files.putMany(Array(pills - 1).fill(null));
    await partials.put(null);
    return;
  }
}
