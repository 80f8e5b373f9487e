/** The objects behind the proxies of dictionaries, lists and sets. Whatever a method returns is copied on its way to the client. */

/** A dictionary; any value may be a key, and one that is no object finds its entry again. Python: `SyncManager.dict`. */
export class ManagedDict {
  readonly #map: Map<unknown, unknown>;

  constructor(entries?: Iterable<readonly [unknown, unknown]> | Readonly<Record<string, unknown>>) {
    this.#map = new Map(entriesOf(entries));
  }

  get(key: unknown, otherwise?: unknown): unknown {
    return this.#map.has(key) ? this.#map.get(key) : otherwise;
  }

  set(key: unknown, value: unknown): void {
    this.#map.set(key, value);
  }

  has(key: unknown): boolean {
    return this.#map.has(key);
  }

  delete(key: unknown): boolean {
    return this.#map.delete(key);
  }

  /** Removes an entry and gives its value; `otherwise` where there is none. */
  pop(key: unknown, otherwise?: unknown): unknown {
    const value = this.get(key, otherwise);
    this.#map.delete(key);
    return value;
  }

  update(entries: Iterable<readonly [unknown, unknown]> | Readonly<Record<string, unknown>>): void {
    for (const [key, value] of entriesOf(entries)) this.#map.set(key, value);
  }

  /** The value of a key, which is set to `value` first where there is none: in one step, whoever else asks. */
  setDefault(key: unknown, value: unknown): unknown {
    if (!this.#map.has(key)) this.#map.set(key, value);
    return this.#map.get(key);
  }

  keys(): unknown[] {
    return [...this.#map.keys()];
  }

  values(): unknown[] {
    return [...this.#map.values()];
  }

  entries(): [unknown, unknown][] {
    return [...this.#map];
  }

  copy(): Map<unknown, unknown> {
    return new Map(this.#map);
  }

  clear(): void {
    this.#map.clear();
  }

  size(): number {
    return this.#map.size;
  }
}

function entriesOf(entries: unknown): Iterable<readonly [unknown, unknown]> {
  if (entries === undefined || entries === null) return [];
  if (typeof entries !== 'object')
    throw new TypeError('Entries have to be an object, a Map or pairs');
  if (Symbol.iterator in entries) return entries as Iterable<readonly [unknown, unknown]>;
  return Object.entries(entries);
}

/** A list; a negative index counts from the end. Python: `SyncManager.list`. */
export class ManagedList {
  readonly #items: unknown[];

  constructor(items?: Iterable<unknown>) {
    this.#items = items === undefined ? [] : [...items];
  }

  /** @throws RangeError where there is no such item, as for all methods with an index */
  get(index: number): unknown {
    return this.#items[this.#at(index)];
  }

  set(index: number, value: unknown): void {
    this.#items[this.#at(index)] = value;
  }

  append(value: unknown): void {
    this.#items.push(value);
  }

  extend(values: Iterable<unknown>): void {
    for (const value of [...values]) this.#items.push(value);
  }

  /** An index beyond either end is that end, as in Python. */
  insert(index: number, value: unknown): void {
    this.#items.splice(index, 0, value);
  }

  /** Removes an item, the last one unless another is named, and gives it. */
  pop(index = -1): unknown {
    return this.#items.splice(this.#at(index), 1)[0];
  }

  /** The first index of a value, or -1. */
  index(value: unknown): number {
    return this.#items.indexOf(value);
  }

  slice(start?: number, end?: number): unknown[] {
    return this.#items.slice(start, end);
  }

  /** Numbers by their size, everything else as text. */
  sort(): void {
    this.#items.sort((a, b) => {
      if (typeof a === 'number' && typeof b === 'number') return a - b;
      const [left, right] = [String(a), String(b)];
      return left < right ? -1 : Number(left > right);
    });
  }

  reverse(): void {
    this.#items.reverse();
  }

  copy(): unknown[] {
    return [...this.#items];
  }

  values(): unknown[] {
    return [...this.#items];
  }

  clear(): void {
    this.#items.length = 0;
  }

  length(): number {
    return this.#items.length;
  }

  #at(index: unknown): number {
    const { length } = this.#items;
    const at = Number.isInteger(index) ? (index as number) + (Number(index) < 0 ? length : 0) : -1;
    if (at >= 0 && at < length) return at;
    throw new RangeError(`The list has no item ${String(index)}: it has ${length}`);
  }
}

/** A set. Python: `SyncManager.set` (3.14). */
export class ManagedSet {
  readonly #set: Set<unknown>;

  constructor(values?: Iterable<unknown>) {
    this.#set = new Set(values);
  }

  add(value: unknown): void {
    this.#set.add(value);
  }

  has(value: unknown): boolean {
    return this.#set.has(value);
  }

  delete(value: unknown): boolean {
    return this.#set.delete(value);
  }

  values(): unknown[] {
    return [...this.#set];
  }

  union(others: Iterable<unknown>): Set<unknown> {
    return new Set([...this.#set, ...others]);
  }

  intersection(others: Iterable<unknown>): Set<unknown> {
    const other = new Set(others);
    return new Set([...this.#set].filter((value) => other.has(value)));
  }

  difference(others: Iterable<unknown>): Set<unknown> {
    const other = new Set(others);
    return new Set([...this.#set].filter((value) => !other.has(value)));
  }

  copy(): Set<unknown> {
    return new Set(this.#set);
  }

  clear(): void {
    this.#set.clear();
  }

  size(): number {
    return this.#set.size;
  }
}

/** Attributes by name. Python: `SyncManager.Namespace`. */
export class ManagedNamespace {
  readonly #attributes: Map<string, unknown>;

  constructor(attributes: Readonly<Record<string, unknown>> = {}) {
    this.#attributes = new Map(Object.entries(attributes));
  }

  /** @throws RangeError for an attribute that there is not */
  get(name: string): unknown {
    if (this.#attributes.has(name)) return this.#attributes.get(name);
    throw new RangeError(`The namespace has no attribute '${name}'`);
  }

  set(name: string, value: unknown): void {
    this.#attributes.set(name, value);
  }

  delete(name: string): boolean {
    return this.#attributes.delete(name);
  }

  entries(): [string, unknown][] {
    return [...this.#attributes];
  }

  copy(): Record<string, unknown> {
    return Object.fromEntries(this.#attributes);
  }
}

/** One value of any kind. Python: `SyncManager.Value`; the typecode is checked nowhere, as there. */
export class ManagedValue {
  #value: unknown;

  constructor(_typecode: string, value: unknown) {
    this.#value = value;
  }

  get(): unknown {
    return this.#value;
  }

  set(value: unknown): void {
    this.#value = value;
  }
}
