// What may stand where an object is looked for, and what whoever looks may do about it: refuse it, and leave it alone.
import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import { spawnSync } from 'node:child_process';
import {
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { InterprocError } from '../../dist/index.js';
import { failure } from './segments.js';

/** Only root can give a file away. */
export const root = process.geteuid?.() === 0;

/** Puts something in the place of the file `path`, which may be there. */
export type Impostor = (path: string) => void;

const instead =
  (make: (path: string) => void): Impostor =>
  (path) => {
    rmSync(path, { recursive: true, force: true });
    make(path);
  };

export const link = (target: string) => instead((path) => symlinkSync(target, path));
export const directory = instead((path) => mkdirSync(path));
export const fifo = instead((path) => {
  strictEqual(spawnSync('mkfifo', ['-m', '600', path]).status, 0);
});
export const content = (bytes: string | Uint8Array) =>
  instead((path) => writeFileSync(path, bytes, { mode: 0o600 }));
export const anothers: Impostor = (path) => chownSync(path, 65534, 65534);

/** The file as it was but for what `change` does to its bytes, or with those that it gives. */
export const changed =
  (change: (bytes: Buffer) => Uint8Array | undefined): Impostor =>
  (path) => {
    const bytes = readFileSync(path);
    writeFileSync(path, change(bytes) ?? bytes);
  };
export const u32 = (at: number, value: number) =>
  changed((bytes) => {
    bytes.writeUInt32LE(value, at);
    return undefined;
  });
export const u64 = (at: number, value: bigint) =>
  changed((bytes) => {
    bytes.writeBigUInt64LE(value, at);
    return undefined;
  });
/** For a list: where its last value ends. */
export const endsAt = (value: bigint) =>
  changed((bytes) => {
    bytes.writeBigUInt64LE(value, 8 * (Number(bytes.readBigUInt64LE(0)) + 1));
    return undefined;
  });
export const shortTo = (length: number) => changed((bytes) => bytes.subarray(0, length));

/** What this process has open under /dev/shm. */
function open(): string[] {
  return readdirSync('/proc/self/fd')
    .map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`);
      } catch {
        return ''; // that of the directory itself
      }
    })
    .filter((target) => target.startsWith('/dev/shm/'))
    .sort();
}

/** All but the participants' table: who finds out only in the body that it is none has had a slot by then. */
function facts(path: string): unknown {
  const found = lstatSync(path);
  const { ino, mode, uid, size } = found;
  const bytes = Buffer.from(found.isFile() ? readFileSync(path) : '');
  bytes.subarray(256, 256 + 256 * 64).fill(0);
  return { ino, mode, uid, size, bytes: bytes.toString('latin1') };
}

/** No call that refuses takes longer, on however slow a machine: waits for nobody. */
const bound = 10_000;

/**
 * The call throws the error of one of these codes, soon. What stands there is as it was, and nothing of it stays open.
 */
export function refuses(
  what: string,
  path: string,
  codes: readonly string[],
  call: () => unknown,
): void {
  const before = facts(path);
  const files = open();
  const began = performance.now();
  const error = failure(call);
  ok(performance.now() - began < bound, `${what}: ${performance.now() - began} ms`);
  ok(codes.includes(String(error['code'])), `${what}: ${error.stack}`);
  ok(error instanceof InterprocError, `${what}: ${error.stack}`);
  deepStrictEqual(facts(path), before, what);
  deepStrictEqual(open(), files, what);
}
