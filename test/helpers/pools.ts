import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach } from 'vitest';
import { Pool, type PoolOptions, SharedMemory } from '../../dist/index.js';
import { run } from './segments.js';

const made: Pool[] = [];

/** The module with the functions of the tests. */
export const module = new URL('../fixtures/pool-functions.mjs', import.meta.url);

/** A pool that ends with the test that made it. */
export function poolOf(processes?: number | null, options: PoolOptions<never> = {}): Pool {
  const pool = new Pool(processes, { module, ...(options as PoolOptions) });
  made.push(pool);
  return pool;
}

/** Memory through which tasks of `block` say that they run (bytes from 1 on) and are let go (byte 0). */
export class Gate {
  readonly memory = new SharedMemory({ create: true, size: 64 });

  get name(): string {
    return this.memory.name;
  }

  open(): void {
    this.memory.buf[0] = 1;
  }

  /** Which tasks have begun. */
  get begun(): number[] {
    return [...this.memory.buf.entries()].filter(([i, v]) => i > 0 && v === 1).map(([i]) => i);
  }

  async untilBegun(count: number): Promise<number[]> {
    const deadline = performance.now() + 20_000;
    while (this.begun.length < count) {
      if (performance.now() > deadline) throw new Error(`only ${this.begun} have begun`);
      await delay(2);
    }
    return this.begun;
  }

  [Symbol.dispose](): void {
    this.open();
    this.memory.close();
  }
}

// What tests leave that kill programs with pools in them goes with the next start of any program.
afterAll(async () => {
  await run('');
});

afterEach(async () => {
  await Promise.all(made.splice(0).map((pool) => pool.terminate()));
});
