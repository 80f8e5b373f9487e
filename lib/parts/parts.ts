import { closeSync, readFileSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';

// Loads the parts that the build makes of this library: CommonJS files, each once in a thread. Node.js would load them too, but only
// who makes the `Script` can take what V8 compiled from one process to another.

/** The environment variable through which a child finds its boot pipe; gone from `process.env` before any code of the user runs. */
export const bootVariable = 'INTERPROC_BOOT';

/** Where a part's text and its compiled code are, each from its first byte to behind its last. */
export interface PartExtents {
  readonly name: string;
  readonly text: readonly [start: number, end: number];
  readonly code: readonly [start: number, end: number];
}

/** Parts as a parent has compiled them, in a file that the child has open from its start. */
export interface CompiledParts {
  readonly descriptor: number;
  readonly size: number;
  readonly parts: readonly PartExtents[];
}

/** A part that this thread has loaded. */
export interface LoadedPart {
  readonly name: string;
  readonly text: string;
  readonly script: Script;
}

type Exports = Readonly<Record<string, unknown>>;

const self = fileURLToPath(import.meta.url);
const folder = path.dirname(self);
const nodeRequire = createRequire(self);

/** Source maps are read by Node.js's own loaders only. Decided once, so that no part is loaded by both. */
const byNode = process.sourceMapsEnabled;

const exported = new Map<string, Exports>();
const loaded: LoadedPart[] = [];
let inherited: { readonly bytes: Buffer; readonly parts: readonly PartExtents[] } | undefined;

/** Takes what the parent compiled, until `forgetInherited`. For the bootstrap only: nobody else has the descriptor. */
export function inheritParts({ descriptor, size, parts }: CompiledParts): void {
  try {
    const bytes = Buffer.allocUnsafeSlow(size);
    if (readSync(descriptor, bytes, 0, size, 0) === size) inherited = { bytes, parts };
    closeSync(descriptor);
  } catch {
    // Without it this process compiles for itself.
  }
}

/** Gives the memory back. What is loaded from now on is compiled here. */
export function forgetInherited(): void {
  inherited = undefined;
}

/** What the part exports. */
export function loadPart(name: string): Exports {
  const known = exported.get(name);
  if (known !== undefined) return known;
  const exports = byNode ? (nodeRequire(name) as Exports) : run(name);
  exported.set(name, exports);
  return exports;
}

/** The parts that this thread has compiled, or has taken from its parent. */
export function loadedParts(): readonly LoadedPart[] {
  return loaded;
}

const head = Buffer.from('(function (exports, require, __filename) {');
const foot = Buffer.from('\n})');

function run(name: string): Exports {
  const file = path.join(folder, name);
  const bytes = Buffer.concat([head, readFileSync(file), foot]);
  // The build writes ASCII only: a byte for each character. V8 gets one string, not three to join.
  const text = bytes.toString('latin1');
  const cachedData = inheritedCode(name, bytes);
  const script = new Script(text, {
    filename: file,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
  loaded.push({ name, text, script });
  const exports = {};
  const body = script.runInThisContext() as (...parameters: unknown[]) => void;
  body(exports, requireForPart, file);
  return exports;
}

/** What a part requires: others, and this one, which Node.js has loaded. */
function requireForPart(name: string): Exports {
  return path.join(folder, name) === self ? (nodeRequire(name) as Exports) : loadPart(name);
}

/**
 * The code of exactly this text. V8 refuses code of another version or made under other flags, but it compares no more of the text than its
 * length, and the files may have been replaced since the parent read them.
 */
function inheritedCode(name: string, text: Buffer): Buffer | undefined {
  const part = inherited?.parts.find((one) => one.name === name);
  if (inherited === undefined || part === undefined) return undefined;
  const same = inherited.bytes.subarray(...part.text).equals(text);
  return same ? inherited.bytes.subarray(...part.code) : undefined;
}
