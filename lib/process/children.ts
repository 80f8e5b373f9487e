/** What this thread's exit has to know of a child. */
export interface LiveChild {
  readonly daemon: boolean;
  isAlive(): boolean;
  terminate(): void;
  /** Blocks until the child has its arguments or is no more, for `milliseconds` at most. */
  awaitBoot(milliseconds: number): void;
}

/** How long an exit waits for children that are still reading their arguments, in milliseconds. */
const bootPatience = 10_000;

const children = new Set<LiveChild>();
let hooked = false;

/** Children of this thread that have started and, as far as its event loop knows, not ended. */
export function liveChildren(): readonly LiveChild[] {
  return [...children];
}

export function addChild(child: LiveChild): void {
  children.add(child);
  if (hooked) return;
  hooked = true;
  // Before the addon's own listener, which closes the pipes that children boot from.
  process.prependListener('exit', endChildren);
}

export function removeChild(child: LiveChild): void {
  children.delete(child);
}

/** Daemons end with their parent. The others go on; their arguments live in memory that goes with this process. */
function endChildren(): void {
  for (const child of children) {
    if (child.daemon) child.terminate();
  }
  const deadline = performance.now() + bootPatience;
  for (const child of children) {
    if (!child.daemon) child.awaitBoot(deadline - performance.now());
  }
}
