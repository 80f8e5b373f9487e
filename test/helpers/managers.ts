import { afterAll, afterEach, beforeAll } from 'vitest';
import { attach, Manager, type ProxyBase, type SyncManager } from '../../dist/index.js';

/** A manager for all tests of a file. */
export function managerForAll(): () => SyncManager {
  let manager: SyncManager;
  beforeAll(async () => {
    manager = await Manager();
  });
  afterAll(async () => {
    await manager.shutdown();
  });
  return () => manager;
}

const others: ProxyBase[] = [];

afterEach(() => {
  for (const proxy of others.splice(0)) proxy.dispose();
});

/** The same object through a second connection, which stands for another client: that of all handles attached to in this process. */
export function asAnotherClient<P extends ProxyBase>(proxy: P): P {
  const other = attach(proxy.handle) as unknown as P;
  others.push(other);
  return other;
}

/** Resolves when `look` gives something true. It is asked again whenever the server has answered. */
export async function until(look: () => Promise<unknown>): Promise<void> {
  while (!(await look())) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Resolves when so many references to an object are left. */
export async function references(
  manager: SyncManager,
  { handle }: ProxyBase,
  count: number,
): Promise<void> {
  await until(async () => {
    const info = (await manager.debugInfo()).find(({ number }) => number === handle.object);
    return (info?.references ?? 0) === count;
  });
}
