/** What an object that `wait()` takes has under this key. */
export const selectable = Symbol('interproc.selectable');

/** How `wait()` sees one object. */
export interface Selectable {
  /**
   * How a blocked thread learns of it: woken by the object itself, by looking again and again, or not at all, because only the
   * event loop that it blocks could bring the news.
   */
  readonly blocking: 'wakes' | 'looks' | 'never';
  /** Whether the object is ready now. Takes nothing. @throws what using the object would, where it was closed or cannot be read */
  ready(): boolean;
  /** Calls `changed` whenever `ready()` may have become true or may throw, until the function returned is called. */
  watch(changed: () => void): () => void;
}

export interface HasSelectable {
  [selectable](): Selectable;
}

export function isSelectable(value: unknown): value is HasSelectable {
  return typeof value === 'object' && value !== null && selectable in value;
}
