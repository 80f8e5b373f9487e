import { strictEqual } from 'node:assert';
import { types } from 'node:util';

/**
 * Fails unless two values have the same shape: equal parts in the same order, and an object that is met in two places of one is met
 * in the same two places of the other. (`deepStrictEqual` compares neither order nor identity, and fails on some cycles through Sets.)
 */
export function assertSame(actual: unknown, expected: unknown): void {
  const forth = new Map<object, object>();
  const back = new Map<object, object>();
  compare(actual, expected, '$');

  function compare(a: unknown, b: unknown, path: string): void {
    if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
      if (!Object.is(a, b)) strictEqual(a, b, `${path}: ${String(a)} is not ${String(b)}`);
      return;
    }
    if (forth.has(a) || back.has(b)) {
      strictEqual(forth.get(a) === b && back.get(b) === a, true, `${path}: not the same identity`);
      return;
    }
    forth.set(a, b);
    back.set(b, a);
    strictEqual(Object.getPrototypeOf(a), Object.getPrototypeOf(b), `${path}: another prototype`);
    if (types.isMap(a) && types.isMap(b)) compareLists([...a].flat(), [...b].flat(), path);
    else if (types.isSet(a) && types.isSet(b)) compareLists([...a], [...b], path);
    else if (ArrayBuffer.isView(a) && ArrayBuffer.isView(b))
      compareBytes(bytesOf(a), bytesOf(b), path);
    else if (types.isArrayBuffer(a))
      compareBytes(Buffer.from(a), Buffer.from(b as ArrayBuffer), path);
    else if (types.isDate(a)) compare(a.getTime(), (b as Date).getTime(), path);
    else if (types.isRegExp(a)) compare(String(a), String(b), path);
    else if (types.isBoxedPrimitive(a)) compare(a.valueOf(), b.valueOf(), path);
    else {
      if (Array.isArray(a)) compare(a.length, (b as unknown[]).length, `${path}.length`);
      const keys = Object.keys(a);
      compareLists(keys, Object.keys(b), `${path} keys`);
      for (const key of keys) {
        compare(
          (a as Record<string, unknown>)[key],
          (b as Record<string, unknown>)[key],
          `${path}[${JSON.stringify(key)}]`,
        );
      }
    }
  }

  function compareLists(a: readonly unknown[], b: readonly unknown[], path: string): void {
    strictEqual(a.length, b.length, `${path}: another size`);
    a.forEach((part, index) => {
      compare(part, b[index], `${path}(${index})`);
    });
  }

  function compareBytes(a: Buffer, b: Buffer, path: string): void {
    strictEqual(a.equals(b), true, `${path}: other bytes`);
  }

  function bytesOf(view: ArrayBufferView): Buffer {
    return Buffer.from(view.buffer, view.byteOffset, view.byteLength);
  }
}
