/** The longest that a timer of Node.js can run, in milliseconds. */
const longestTimer = 2 ** 31 - 1;

const nothing = () => {};

/**
 * Calls `run` after that many milliseconds, however many; never for `Infinity`. The function returned calls it off. Unless `held` is
 * false, it keeps the process alive.
 */
export function after(milliseconds: number, run: () => void, held = true): () => void {
  if (milliseconds === Infinity) return nothing;
  const deadline = performance.now() + milliseconds;
  let timer: NodeJS.Timeout;
  const sleep = (remaining: number) => {
    timer = setTimeout(tick, Math.min(Math.ceil(remaining), longestTimer));
    if (!held) timer.unref();
  };
  const tick = () => {
    const remaining = deadline - performance.now();
    if (remaining <= 0) run();
    else sleep(remaining);
  };
  sleep(milliseconds);
  return () => clearTimeout(timer);
}

/** Calls `run` when the event loop has looked once at all that has arrived by now. The function returned calls it off. */
export function afterTurn(run: () => void): () => void {
  // From within a callback of the poll phase, the first one comes before the next look.
  let immediate = setImmediate(() => {
    immediate = setImmediate(run);
  });
  return () => clearImmediate(immediate);
}

/** Once `run` has been called: after `milliseconds`, or after a turn of the event loop where they are 0. */
export function afterAtLeastATurn(milliseconds: number, run: () => void): () => void {
  return milliseconds === 0 ? afterTurn(run) : after(milliseconds, run);
}
