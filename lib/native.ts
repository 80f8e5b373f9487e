import { binding } from './addon.js';

export { binding };

export const isMainThread = binding.isMainThread();

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
