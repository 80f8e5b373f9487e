// Which files there are: a walk through a directory that follows no symbolic link, so it always comes to an end.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { begin } from './progress.mjs';

const batchSize = 64;

/**
 * Gives every regular file below `directory`, as `{ file }`, and every entry that is left out, as `{ skipped, reason }`: links,
 * sockets and the like, and directories that cannot be read.
 */
export function* walk(directory) {
  const pending = [directory];
  while (pending.length > 0) {
    const current = pending.pop();
    let entries;
    try {
      entries = readdirSync(current, { withFileTypes: true });
    } catch (error) {
      yield { skipped: current, reason: error.code };
      continue;
    }
    for (const entry of entries) {
      const full = path.join(current, entry.name);
      if (entry.isDirectory()) pending.push(full);
      else if (entry.isFile()) yield { file: full };
      else yield { skipped: full, reason: entry.isSymbolicLink() ? 'symbolic link' : 'special' };
    }
  }
}

/** The first stage: file names to the counters, a batch at a time, and a poison pill for each of them at the end. */
export async function listFiles(directory, counterCount, files, partials, progress) {
  begin(progress);
  let batch = [];
  const skipped = [];
  for (const { file, skipped: left, reason } of walk(directory)) {
    if (file === undefined) {
      skipped.push([left, reason]);
      continue;
    }
    batch.push(file);
    if (batch.length < batchSize) continue;
    await files.putMany(batch);
    progress.listed.add(batch.length);
    batch = [];
  }
  await files.putMany(batch);
  progress.listed.add(batch.length);
  progress.allListed.value = true;

  await files.putMany(Array(counterCount).fill(null));
  await partials.put({ types: [], skipped });
  await partials.put(null);
}
