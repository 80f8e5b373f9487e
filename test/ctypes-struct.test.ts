import { deepStrictEqual, strictEqual } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  c_bool,
  c_byte,
  c_char,
  c_double,
  c_int,
  c_longlong,
  c_short,
  c_ubyte,
  c_wchar,
  isStruct,
  readStruct,
  type StructType,
  struct,
  structView,
  type ValueOf,
  writeStruct,
} from '../dist/ctypes/ctypes.js';

const code = (expected: string) => expect.objectContaining({ code: expected });
const Point = struct({ x: c_int, y: c_double });
const Line = struct({ tag: c_byte, from: Point, to: Point, end: c_short });

function memory(type: StructType<unknown>): DataView {
  return new DataView(new ArrayBuffer(type.size + 16));
}

describe('a struct', () => {
  it('is laid out as C does', () => {
    deepStrictEqual(
      Point.fields.map((field) => field.offset),
      [0, 8],
    );
    deepStrictEqual([Point.size, Point.align], [16, 8]);
    deepStrictEqual(
      Line.fields.map((field) => field.offset),
      [0, 8, 24, 40],
    );
    deepStrictEqual([Line.size, Line.align], [48, 8]);
    deepStrictEqual(
      [struct({ a: c_byte }).size, struct({ a: c_byte, b: c_short, c: c_byte }).size],
      [1, 6],
    );
    strictEqual(isStruct(Point), true);
    strictEqual(isStruct(c_int), false);
  });

  it('is laid out as Python does', () => {
    const program = [
      'from ctypes import *',
      'class A(Structure): _fields_=[("a",c_bool),("b",c_wchar),("c",c_char),("d",c_longlong),("e",c_short)]',
      'class B(Structure): _fields_=[("f",c_ubyte),("g",A),("h",c_ubyte)]',
      'print(sizeof(A),alignment(A),A.b.offset,A.c.offset,A.d.offset,A.e.offset,sizeof(B),B.g.offset,B.h.offset)',
    ].join('\n');
    const python = execFileSync('python3', ['-c', program], { encoding: 'utf8' }).trim();
    const A = struct({ a: c_bool, b: c_wchar, c: c_char, d: c_longlong, e: c_short });
    const B = struct({ f: c_ubyte, g: A, h: c_ubyte });
    const ours = [
      A.size,
      A.align,
      ...A.fields.slice(1).map((f) => f.offset),
      B.size,
      ...B.fields.slice(1).map((f) => f.offset),
    ];
    strictEqual(ours.join(' '), python);
  });

  it('has a code that is the same for the same layout alone', () => {
    strictEqual(Point.code, struct({ x: c_int, y: c_double }, 'Other').code);
    const others = [
      struct({ y: c_int, x: c_double }),
      struct({ x: c_double, y: c_int }),
      Line,
      struct({ p: Point }),
    ];
    strictEqual(new Set([Point, ...others].map((type) => type.code)).size, 5);
  });

  it('is refused without fields, with odd names or with what is no type', () => {
    for (const fields of [
      {},
      { '': c_int },
      { 'a b': c_int },
      { 1: c_int },
      JSON.parse('{"__proto__":1}'),
    ])
      expect(() => struct(fields)).toThrow(code('ERR_OUT_OF_RANGE'));
    for (const fields of [null, [c_int], { a: 'i' }, { a: undefined }])
      expect(() => struct(fields as never)).toThrow(code('ERR_INVALID_ARG_TYPE'));
  });

  it('has the types of its fields', () => {
    expectTypeOf<ValueOf<typeof Line>['to']['y']>().toEqualTypeOf<number>();
  });
});

describe('a struct in memory', () => {
  it('is read and assigned whole, from an object or in order', () => {
    const view = memory(Line);
    const value = { tag: -1, from: { x: 1, y: 2.5 }, to: { x: 3, y: -0 }, end: 7 };
    writeStruct(Line, view, 8, value);
    deepStrictEqual(readStruct(Line, view, 8), value);
    writeStruct(Line, view, 8, [1, [2, 3], { x: 4, y: 5 }, 6]);
    deepStrictEqual(readStruct(Line, view, 8), {
      tag: 1,
      from: { x: 2, y: 3 },
      to: { x: 4, y: 5 },
      end: 6,
    });
    strictEqual(view.getFloat64(8 + 24 + 8, true), 5);
  });

  it('is not touched by a value that is wrong in any part', () => {
    const view = memory(Line);
    const good = { tag: 1, from: { x: 1, y: 2 }, to: { x: 3, y: 4 }, end: 5 };
    writeStruct(Line, view, 0, good);
    for (const wrong of [
      { ...good, tag: 9, end: 1e9 },
      { ...good, tag: 9, to: { x: 1 } },
      { ...good, tag: 9, more: 1 },
      { tag: 9 },
      [9],
      null,
      5,
      undefined,
    ]) {
      expect(() => writeStruct(Line, view, 0, wrong)).toThrow();
      deepStrictEqual(readStruct(Line, view, 0), good);
    }
    expect(() => writeStruct(Line, view, 0, { ...good, to: { x: 1, y: 'a' } })).toThrow(
      /value\.to\.y/,
    );
  });

  it('is seen and changed through a live view', () => {
    const view = memory(Line);
    const line = structView(Line, view, 8);
    line.tag = 5;
    line.to.x = 7;
    line.from = { x: 1, y: 2 };
    deepStrictEqual(readStruct(Line, view, 8), {
      tag: 5,
      from: { x: 1, y: 2 },
      to: { x: 7, y: 0 },
      end: 0,
    });
    view.setInt8(8, -3);
    strictEqual(line.tag, -3);
    line.to = line.from;
    deepStrictEqual({ ...line.to }, { x: 1, y: 2 });
    deepStrictEqual(Object.keys(line), ['tag', 'from', 'to', 'end']);
    strictEqual(JSON.stringify(line), '{"tag":-3,"from":{"x":1,"y":2},"to":{"x":1,"y":2},"end":0}');
  });

  it('refuses in its view what does not fit, and fields that it has not', () => {
    const view = memory(Line);
    const line = structView(Line, view);
    expect(() => {
      line.tag = 300;
    }).toThrow(code('ERR_OUT_OF_RANGE'));
    expect(() => {
      line.from = { x: 1, y: 'b' as never };
    }).toThrow(code('ERR_INVALID_ARG_TYPE'));
    expect(() => {
      (line as unknown as Record<string, unknown>)['tagg'] = 1;
    }).toThrow(TypeError);
    deepStrictEqual(readStruct(Line, view), {
      tag: 0,
      from: { x: 0, y: 0 },
      to: { x: 0, y: 0 },
      end: 0,
    });
  });

  it('asks for its memory at each access, so that the owner can refuse', () => {
    let gone = false;
    const view = memory(Line);
    const line = structView(Line, () => {
      if (gone) throw new Error('closed');
      return view;
    });
    line.to.x = 1;
    const { to } = line;
    gone = true;
    expect(() => to.x).toThrow('closed');
    expect(() => {
      line.tag = 1;
    }).toThrow('closed');
  });
});
