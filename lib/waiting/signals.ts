import { constants } from 'node:os';
import { binding, isMainThread } from '../native.js';

/**
 * Signal listeners while the main thread is blocked in a `…Sync` call: they run in the wait, as Python's handlers run in a blocking
 * call there. Otherwise a program with `process.on('SIGTERM', () => process.exit())` that goes from one blocking call to the next could
 * not be ended. A listener that throws ends the wait with what it throws, before anything was taken.
 *
 * Each signal also goes its usual way, to the event loop. What a wait has delivered already is not delivered there again.
 */
const watched = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR2'] as const;
type Watched = (typeof watched)[number];

/** Signals with a listener, and how many of each were delivered here and are still on their way to the event loop. */
const delivered = new Map<Watched, number>();
/** Signals whose first listener is older than this module: Node delivers them past `process.emit`, so they are left to it. */
const older = new Set<Watched>();
let delivering = false;

function isWatched(event: string | symbol): event is Watched {
  return (watched as readonly (string | symbol)[]).includes(event);
}

function begin(event: string | symbol): void {
  if (!isWatched(event) || older.has(event)) return;
  // Node has installed its own handler by now: its listener for new listeners is older than this one.
  binding.countSignal(constants.signals[event]);
  if (delivered.has(event)) return;
  binding.takeSignal(constants.signals[event]);
  delivered.set(event, 0);
}

function watchListeners(): void {
  for (const event of process.eventNames()) if (isWatched(event)) older.add(event);
  process.on('newListener', begin);
  process.on('removeListener', (event: string | symbol) => {
    if (!isWatched(event) || process.listenerCount(event) > 0) return;
    delivered.delete(event);
    older.delete(event);
  });
  const { emit } = process;
  process.emit = function (this: NodeJS.Process, event: string, ...args: unknown[]): boolean {
    const owed = delivering ? undefined : delivered.get(event as Watched);
    if (owed !== undefined && owed > 0) {
      delivered.set(event as Watched, owed - 1);
      return true;
    }
    if (owed === 0) binding.settleSignal(constants.signals[event as Watched]);
    return Reflect.apply(emit, this, [event, ...args]) as boolean;
  } as typeof process.emit;
}

if (isMainThread) watchListeners();

/** Calls the listeners of signals that have come and that the event loop has had no chance to deliver. */
export function deliverSignals(): void {
  for (const [signal, owed] of delivered) {
    const number = constants.signals[signal];
    const count = binding.takeSignal(number);
    if (count === 0) continue;
    delivered.set(signal, owed + count);
    delivering = true;
    try {
      for (let n = 0; n < count; n++)
        (process.emit as (...args: unknown[]) => boolean)(signal, signal, number);
    } finally {
      delivering = false;
    }
  }
}
