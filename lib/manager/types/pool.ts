import { invalidArgType, RemoteError } from '../../errors.js';
import { checkOptions } from '../../options.js';
import type { CallOptions, ImapOptions, MapOptions } from '../../pool/pool-options.js';
import { standIn } from '../../process/target.js';
import { Pool } from '../../pool/pool.js';
import type { TargetName } from '../../process/target.js';
import { callerOrServer } from '../caller.js';
import { face } from '../face.js';

/** A function of the pool's module, by its name: functions themselves do not travel. */
type Named = TargetName;

/**
 * Worker processes of the server's, which any client may give tasks. A client names a function of the pool's module; arguments and
 * results are copied twice. Python: `SyncManager.Pool`.
 */
export class ManagedPool {
  readonly #pool: Pool;

  /** @throws as `Pool` does; TypeError without `module`; RemoteError for clients on other machines, which shall not choose what runs here */
  constructor(processes: unknown, options?: unknown) {
    const given = checkOptions(options, ['module', 'maxTasksPerChild'], 'Pool');
    if (!callerOrServer().local)
      throw new RemoteError('Only a client on the machine of the server can make a Pool there');
    if (given['module'] === undefined)
      throw invalidArgType('module', 'given: the file with the functions', given['module']);
    this.#pool = new Pool(processes as number, given);
  }

  apply(fn: Named, args?: readonly unknown[], options?: CallOptions): Promise<unknown> {
    return this.#pool.apply(read(fn), args, options);
  }

  map(fn: Named, items: Iterable<unknown>, options?: MapOptions): Promise<unknown[]> {
    return this.#pool.map(read(fn), items, options);
  }

  starmap(fn: Named, items: Iterable<unknown[]>, options?: MapOptions): Promise<unknown[]> {
    return this.#pool.starmap(read(fn), items, options);
  }

  /** Gives a proxy of the type `Iterator`. */
  imap(fn: Named, items: Iterable<unknown>, options?: ImapOptions): object {
    return this.#pool.imap(read(fn), items, options);
  }

  /** The same, in the order in which results are ready. */
  imapUnordered(fn: Named, items: Iterable<unknown>, options?: ImapOptions): object {
    return this.#pool.imapUnordered(read(fn), items, options);
  }

  processes(): number {
    return this.#pool.processes;
  }

  /** Takes no more tasks. */
  terminate(): Promise<void> {
    return this.#pool.terminate();
  }

  close(): void {
    this.#pool.close();
  }

  join(): Promise<void> {
    return this.#pool.join();
  }

  get [face](): string {
    return 'pool';
  }

  [Symbol.dispose](): void {
    this.#pool[Symbol.dispose]();
  }
}

function read(fn: unknown): (...args: unknown[]) => unknown {
  const { name, method } = (fn ?? {}) as Partial<Named>;
  if (typeof name !== 'string' || typeof method !== 'boolean')
    throw invalidArgType('fn', 'the name of a function', fn);
  return standIn({ name, method });
}
