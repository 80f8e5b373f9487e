import type { Attachment, Watcher } from '../attachment.js';
import { binding } from '../native.js';
import { createWatch, leave, poll, start, type Waiting } from '../waiting/event-loop.js';
import type { Selectable } from './selectable.js';

/**
 * Everybody in this thread who looks at one condition of one shared object and takes nothing. One watch of the shared event loop
 * serves them all; it counts while there is somebody.
 */
class ConditionWatch implements Waiting, Watcher {
  readonly #id: number;
  readonly #condition: number;
  readonly #lookers = new Set<() => void>();
  #watch = -1;

  constructor(id: number, condition: number) {
    this.#id = id;
    this.#condition = condition;
  }

  add(changed: () => void): () => void {
    // Another function each time: the same one may be added twice.
    const looker = () => changed();
    if (this.#watch < 0)
      this.#watch = createWatch(this, { id: this.#id, condition: this.#condition });
    this.#lookers.add(looker);
    if (this.#lookers.size === 1) start(this.#watch);
    return () => {
      // A wake-up that came here goes on to one who takes something.
      if (this.#lookers.delete(looker) && this.#lookers.size === 0) leave(this.#watch);
    };
  }

  settle(): void {
    this.look();
    if (this.#lookers.size > 0) poll(this.#watch);
  }

  look(): void {
    for (const looker of [...this.#lookers]) looker();
  }
}

/**
 * A condition of a shared object for `wait()`. `id` is that of the handle, which changes when it is closed; `more` comes first: it
 * knows what the native condition does not, and may throw.
 */
export function conditionOf(
  attachment: Attachment,
  condition: number,
  id: () => number,
  more?: () => boolean,
): Selectable {
  return {
    blocking: 'wakes',
    // A wait of no time: it looks once and asks the kernel about those that the condition depends on.
    ready: () => more?.() === true || binding.waitSync(id(), condition, 0, 0),
    watch: (changed) =>
      attachment.watcher(condition, (own) => new ConditionWatch(own, condition)).add(changed),
  };
}
