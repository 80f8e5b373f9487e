/** Random numbers from 0 to 1, the same for the same seed. */
export type Random = () => number;

export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function pick<T>(random: Random, from: readonly T[]): T {
  return from[Math.floor(random() * from.length)] as T;
}

function integer(random: Random, below: number): number {
  return Math.floor(random() * below);
}

const units = [
  'a',
  'b',
  'z',
  '0',
  ' ',
  'é',
  'ß',
  '☃',
  '😀',
  '\ud800',
  '\udc00',
  '\0',
  '\ufffd',
  '\ufeff',
  '"',
  '\\',
];

export function randomString(random: Random): string {
  const length = pick(random, [0, 1, 3, 5, 15, 16, 31, 32, 33, 40, 41, 64, 65, 255, 256, 300]);
  if (random() < 0.4) return 'abcdefghijklmnop'.repeat(20).slice(0, length);
  let text = '';
  for (let i = 0; i < length; i++) text += pick(random, units);
  return text;
}

function randomNumber(random: Random): number {
  const bits = integer(random, 70);
  const value = pick(random, [
    2 ** bits,
    2 ** bits - 1,
    random() * 2 ** bits,
    Math.floor(random() * 2 ** bits),
    -0,
    Number.NaN,
    Infinity,
  ]);
  return random() < 0.5 ? value : -value;
}

function randomKey(random: Random): string {
  return random() < 0.1
    ? pick(random, ['__proto__', 'constructor', '', '0', '7', 'toJSON', '4294967295'])
    : randomString(random);
}

/** A value of those that a structured clone keeps, cycles and shared parts included. */
export function randomValue(random: Random, depth: number, met: object[] = []): unknown {
  const kind = integer(random, depth > 0 ? 24 : 14);
  const keep = <T extends object>(value: T): T => {
    met.push(value);
    return value;
  };
  const part = () => randomValue(random, depth - 1, met);
  switch (kind) {
    case 0:
      return undefined;
    case 1:
      return null;
    case 2:
      return random() < 0.5;
    case 3:
    case 4:
    case 5:
      return randomNumber(random);
    case 6:
    case 7:
      return randomString(random);
    case 8:
      return (
        (random() < 0.5 ? 1n : -1n) *
        (BigInt(integer(random, 2 ** 31)) << BigInt(integer(random, 200)))
      );
    case 9:
      return keep(
        new Date(
          random() < 0.1 ? Number.NaN : Math.floor((random() - 0.5) * 2 ** integer(random, 54)),
        ),
      );
    case 10:
      return keep(Uint8Array.from({ length: integer(random, 300) }, () => integer(random, 256)));
    case 11:
      return keep(
        pick(random, [
          Float64Array.of(1, -0),
          Int16Array.of(-5, 5),
          BigInt64Array.of(-1n),
          new Uint8ClampedArray(3),
          new DataView(new ArrayBuffer(3)),
          new ArrayBuffer(5),
        ]),
      );
    case 12:
      return keep(
        pick(random, [/a+/g, /[é]/u, Object(1), Object('boxed'), Object(false), Object(3n)]),
      );
    case 13:
      return met.length > 0 ? pick(random, met) : 0;
    case 14:
    case 15:
    case 16: {
      const array: unknown[] = keep([]);
      const length = integer(random, 7);
      for (let i = 0; i < length; i++) {
        if (random() < 0.05) array.length++;
        else array.push(part());
      }
      return array;
    }
    case 17: {
      const map = keep(new Map<unknown, unknown>());
      for (let i = integer(random, 7); i > 0; i--) map.set(part(), part());
      return map;
    }
    case 18: {
      const set = keep(new Set<unknown>());
      for (let i = integer(random, 7); i > 0; i--) set.add(part());
      return set;
    }
    default: {
      const object: Record<string, unknown> = keep({});
      for (let i = integer(random, 7); i > 0; i--) {
        Object.defineProperty(object, randomKey(random), {
          value: part(),
          enumerable: true,
          configurable: true,
          writable: true,
        });
      }
      return object;
    }
  }
}
