import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { getSystemErrorName } from 'node:util';
import { isMainThread } from 'node:worker_threads';
import type { Binding } from '../binding.js';
import { createNativeError, InterprocError } from './errors.js';

/** What a native call returns where it is neither a result nor an error. The addon's results.h has the same numbers. */
export const Outcome = {
  empty: -1,
  full: -2,
  busy: -3,
  shutDown: -4,
  endOfFile: -5,
  brokenPipe: -6,
  smallBuffer: -7,
  loan: -8,
} as const;

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

function load(): Binding {
  if (process.platform !== 'linux') {
    throw new InterprocError(
      `interproc runs on Linux only so far; this is ${process.platform}. Nothing was loaded.`,
      { code: 'ERR_UNSUPPORTED_PLATFORM' },
    );
  }
  try {
    const require = createRequire(import.meta.url);
    return (require('node-gyp-build') as (folder: string) => Binding)(root);
  } catch (cause) {
    throw new InterprocError(
      `interproc has no native addon for ${process.platform}-${process.arch} (Node-API ${process.versions.modules}). ` +
        'Build it with a C++ compiler and cmake: npm install --no-save cmake-js@8 node-api-headers@1 ' +
        '&& npm explore interproc -- npm run build:native',
      { code: 'ERR_ADDON_NOT_FOUND', cause },
    );
  }
}

export const binding: Binding = load();

binding.setErrorFactory((code, message, details) =>
  createNativeError(
    code === 'SYSTEM' ? getSystemErrorName(details.errno ?? -5) : code,
    message,
    details,
  ),
);

// What a killed process left goes with the next start of any program of the same user.
if (isMainThread) binding.sweep();

// Node runs no clean-up hooks at process.exit(); the addon detaches from the C library's exit. Locks are given up here, where
// an orderly end can be told from a crash: after a crash the next holder shall be told that its predecessor died.
let crashed = false;
process.on('uncaughtExceptionMonitor', () => {
  crashed = true;
  // Where a handler survives the error, the process goes on: an end that comes after it is an orderly one again.
  if (
    process.listenerCount('uncaughtException') > 0 ||
    process.hasUncaughtExceptionCaptureCallback()
  )
    setImmediate(() => {
      crashed = false;
    });
});
process.on('exit', () => {
  if (!crashed) binding.leaveAll();
});
