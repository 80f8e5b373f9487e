import type { Attachment } from '../attachment.js';
import { binding } from '../native.js';

/**
 * Ends of pipes that were given away and not yet taken. Somebody has to stay attached meanwhile, or the pipe would go: the giver
 * does, until the receiver has claimed the end. Neither this list nor its timer keeps the process alive.
 */
interface InTransit {
  readonly attachment: Attachment;
  readonly end: number;
}

const interval = 100;
const travelling = new Set<InTransit>();
let timer: NodeJS.Timeout | undefined;

export function keepUntilArrived(attachment: Attachment, end: number): void {
  travelling.add({ attachment: attachment.retain(), end });
  timer ??= setInterval(lookForArrivals, interval).unref();
}

/** Closes an end that was given to somebody who will never take it: its peer meets the end of file. */
export function recallFromTransit(name: string, end: number): void {
  for (const one of travelling) {
    if (one.attachment.name !== name || one.end !== end) continue;
    binding.pipeCloseEnd(one.attachment.id, end);
  }
  lookForArrivals();
}

/** Lets go of those that were taken. Happens by itself every 100 ms: for who knows that one was. */
export function lookForArrivals(): void {
  for (const one of travelling) {
    if (!binding.pipeArrived(one.attachment.id, one.end)) continue;
    travelling.delete(one);
    one.attachment.release();
  }
  if (travelling.size > 0) return;
  clearInterval(timer);
  timer = undefined;
}
