import { outOfRange } from '../../errors.js';
import { checkValue, type CType, resolveType } from '../../ctypes/ctypes.js';
import { readInteger } from '../../options.js';

/** Numbers of one C type, of a fixed length, checked as in shared memory. Python: `SyncManager.Array`. */
export class ManagedArray {
  readonly #type: CType;
  readonly #items: unknown[];

  /** @throws TypeError and RangeError for types, lengths and values, as `SharedArray` does */
  constructor(type: string, values: number | Iterable<unknown>) {
    this.#type = resolveType(type as 'i');
    if (typeof values === 'number') {
      const zero = this.#type.bigint ? 0n : 0;
      this.#items = new Array(readInteger(values, 'length', 0, 2 ** 24)).fill(zero);
    } else this.#items = [...values].map((value, index) => this.#check(value, index));
  }

  /** @throws RangeError outside; a negative index counts from the end */
  get(index: number): unknown {
    return this.#items[this.#at(index)];
  }

  /** @throws RangeError outside and for values that the type cannot hold, TypeError for others */
  set(index: number, value: unknown): void {
    const at = this.#at(index);
    this.#items[at] = this.#check(value, at);
  }

  slice(start?: number, end?: number): unknown[] {
    return this.#items.slice(start, end);
  }

  values(): unknown[] {
    return [...this.#items];
  }

  length(): number {
    return this.#items.length;
  }

  #check(value: unknown, index: number): unknown {
    return checkValue(this.#type, value, `Value ${index}`);
  }

  #at(index: unknown): number {
    const { length } = this.#items;
    if (length === 0) throw outOfRange('index', 'left alone: the array is empty', index);
    const given = readInteger(index, 'index', -length, length - 1);
    return given < 0 ? given + length : given;
  }
}
