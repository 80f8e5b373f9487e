import type { ProxyBase } from '../proxy.js';

type Entries<K, V> = Iterable<readonly [K, V]> | Readonly<Record<string, V>>;

/** A dictionary in a manager's server. `for await (const [key, value] of dict)` goes over a copy taken in one call. */
export interface DictProxy<K = string, V = unknown> extends ProxyBase, AsyncIterable<[K, V]> {
  get(key: K): Promise<V | undefined>;
  get(key: K, otherwise: V): Promise<V>;
  set(key: K, value: V): Promise<void>;
  has(key: K): Promise<boolean>;
  delete(key: K): Promise<boolean>;
  pop(key: K): Promise<V | undefined>;
  pop(key: K, otherwise: V): Promise<V>;
  update(entries: Entries<K, V>): Promise<void>;
  setDefault(key: K, value: V): Promise<V>;
  keys(): Promise<K[]>;
  values(): Promise<V[]>;
  entries(): Promise<[K, V][]>;
  copy(): Promise<Map<K, V>>;
  clear(): Promise<void>;
  size(): Promise<number>;
}

/** A list in a manager's server. */
export interface ListProxy<T = unknown> extends ProxyBase, AsyncIterable<T> {
  get(index: number): Promise<T>;
  set(index: number, value: T): Promise<void>;
  append(value: T): Promise<void>;
  extend(values: Iterable<T>): Promise<void>;
  insert(index: number, value: T): Promise<void>;
  pop(index?: number): Promise<T>;
  index(value: T): Promise<number>;
  slice(start?: number, end?: number): Promise<T[]>;
  sort(): Promise<void>;
  reverse(): Promise<void>;
  copy(): Promise<T[]>;
  values(): Promise<T[]>;
  clear(): Promise<void>;
  length(): Promise<number>;
}

/** A set in a manager's server. */
export interface SetProxy<T = unknown> extends ProxyBase, AsyncIterable<T> {
  add(value: T): Promise<void>;
  has(value: T): Promise<boolean>;
  delete(value: T): Promise<boolean>;
  values(): Promise<T[]>;
  union(others: Iterable<T>): Promise<Set<T>>;
  intersection(others: Iterable<T>): Promise<Set<T>>;
  difference(others: Iterable<T>): Promise<Set<T>>;
  copy(): Promise<Set<T>>;
  clear(): Promise<void>;
  size(): Promise<number>;
}
