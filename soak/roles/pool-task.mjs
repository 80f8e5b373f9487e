import { closeSync, openSync, writeSync } from 'node:fs';

let file;

/** Says in a file that it has begun, so that a task which runs twice shows, and takes some microseconds. */
export function answer(begun, n, work) {
  file ??= { descriptor: openSync(begun, 'a'), entry: new Uint32Array(1) };
  file.entry[0] = n;
  writeSync(file.descriptor, file.entry);
  const end = performance.now() + work / 1000;
  while (performance.now() < end);
  return n * 2 + 1;
}

process.on('exit', () => {
  if (file !== undefined) closeSync(file.descriptor);
});
