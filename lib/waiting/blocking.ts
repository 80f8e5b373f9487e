import { isMainThread } from '../native.js';

/**
 * The longest that one native call blocks its thread, in milliseconds. It sleeps in slices of 50 and looks by itself between them: at
 * what is waited for, at those who died, at signals. Only what the engine does to a thread waits for its end: `worker.terminate()`, which
 * ends a worker's JavaScript, and on the main thread what is rare, a debugger that attaches, a limit of `vm`.
 */
export const longestBlock = isMainThread ? 250 : 50;
