import { deepStrictEqual, ok } from 'node:assert';
import { describe, expect, it } from 'vitest';
import * as interproc from '../dist/index.js';
import { compareWithPython, readRows } from './helpers/from-python.js';
import { answerOfPython } from './helpers/python.js';

const rows = readRows();
const exported: Readonly<Record<string, unknown>> = interproc;

/** Whether the package exports the name, or the class that it exports has the member. */
function isOurs(name: string): boolean {
  const [first = '', member] = name.split('.');
  if (!Object.hasOwn(exported, first)) return false;
  const object = exported[first] as { prototype?: object };
  if (member === undefined) return true;
  return (
    member in Object(object.prototype) ||
    Object.hasOwn(object, member) ||
    ofInstances[first]?.(member) === true
  );
}

/** Arrays get their members from a class that is made for their element type; a list keeps one in each instance. */
const ofInstances: Readonly<Record<string, (member: string) => boolean>> = {
  SharedArray: (member) => {
    using array = new interproc.SharedArray('c', 1);
    return member in array;
  },
  ShareableList: (member) => {
    using list = new interproc.ShareableList([1]);
    return member in list;
  },
};

describe('the page From Python', () => {
  it('has a name of Python in each row, and ours or the word that there is none', () => {
    ok(rows.length > 150, `${rows.length} rows were read`);
    for (const { line, python, ours } of rows) {
      expect(python, line).not.toEqual([]);
      expect(ours, line).not.toEqual([]);
    }
  });

  it('gives as ours only what the package exports, with the members that it names', () => {
    const claimed = rows
      .filter(({ line }) => !line.endsWith('| to come |'))
      .flatMap(({ ours }) => ours ?? []);
    ok(claimed.length > 150, `${claimed.length} names were read`);
    deepStrictEqual(
      claimed.filter((name) => !isOurs(name)),
      [],
    );
    for (const nothing of ['Quue', 'Queue.putt', 'SharedArray.putt', 'wait.putt', 'toString'])
      ok(!isOurs(nothing), nothing);
  });

  it('leaves out no public name of Python, and gives it none that it does not have', async () => {
    const given = rows.filter(({ later }) => !later).flatMap(({ python }) => python);
    const answer = await answerOfPython(compareWithPython, JSON.stringify(given));
    deepStrictEqual(answer, { missing: [], unknown: [] });
  });
});
