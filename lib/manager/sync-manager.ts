import { BaseManager, type ManagerOptions } from './base-manager.js';
import type { Coming, Proxied } from './proxy.js';
import { builtInClasses } from './registry-of.js';
import { ManagedArray } from './types/array.js';
import {
  ManagedDict,
  ManagedList,
  ManagedNamespace,
  ManagedSet,
  ManagedValue,
} from './types/collections.js';
import type { DictProxy, ListProxy, SetProxy } from './types/proxies.js';

/** A manager of the usual types. Python: `multiprocessing.managers.SyncManager`. */
export class SyncManager extends BaseManager {
  declare dict: <K = string, V = unknown>(
    entries?: Iterable<readonly [K, V]> | Readonly<Record<string, V>>,
  ) => Coming<DictProxy<K, V>>;
  declare list: <T = unknown>(items?: Iterable<T>) => Coming<ListProxy<T>>;
  declare set: <T = unknown>(values?: Iterable<T>) => Coming<SetProxy<T>>;
  declare Namespace: (
    attributes?: Readonly<Record<string, unknown>>,
  ) => Coming<Proxied<ManagedNamespace>>;
  declare Value: (typecode: string, value: unknown) => Coming<Proxied<ManagedValue>>;
  declare Array: (
    typecode: string,
    values: number | Iterable<unknown>,
  ) => Coming<Proxied<ManagedArray>>;
}

SyncManager.register('dict', ManagedDict);
SyncManager.register('list', ManagedList);
SyncManager.register('set', ManagedSet);
SyncManager.register('Namespace', ManagedNamespace);
SyncManager.register('Value', ManagedValue);
SyncManager.register('Array', ManagedArray);
builtInClasses.set('SyncManager', SyncManager);

/** A manager that has been started. Python: `multiprocessing.Manager()`. Rejects as `start` does. */
export async function Manager(options?: ManagerOptions): Promise<SyncManager> {
  return await new SyncManager(options).start();
}
