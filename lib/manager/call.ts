/** A call on its way to a server, and the promise of its result. */
export class Call {
  readonly number: number;
  readonly signal: AbortSignal | undefined;
  readonly promise: Promise<unknown>;
  /** What came of it, as soon as the session knows: before those who await the promise do. */
  result: unknown;
  resolve!: (value: unknown) => void;
  reject!: (error: unknown) => void;
  /** The proxy that is called: while the call is pending, garbage collection must not release what it stands for. */
  readonly keeps: unknown;
  #stopWatching: (() => void) | undefined;

  constructor(number: number, signal: AbortSignal | undefined, keeps: unknown) {
    this.number = number;
    this.signal = signal;
    this.keeps = keeps;
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  /** Calls `abort` when the caller's signal does, until the call is finished. */
  watch(abort: () => void): void {
    const { signal } = this;
    signal?.addEventListener('abort', abort, { once: true });
    this.#stopWatching = () => signal?.removeEventListener('abort', abort);
  }

  finish(): void {
    this.#stopWatching?.();
  }
}
