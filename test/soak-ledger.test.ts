import { describe, expect, it } from 'vitest';
import { settleBarrier } from '../soak/barrier-ledger.mjs';
import { checkItem, makeItem } from '../soak/items.mjs';
import { Entry } from '../soak/journal.mjs';
import { settleItems } from '../soak/ledger.mjs';

type Note = readonly [kind: number, a?: number, b?: number, c?: number];

function journal(notes: readonly Note[]): Uint32Array {
  return Uint32Array.from(notes.flatMap(([kind, a = 0, b = 0, c = 0]) => [kind, a, b, c]));
}

const producer = (id: number, notes: readonly Note[], killed = false) => ({
  id,
  role: 'producer',
  killed,
  journal: journal(notes),
});
const consumer = (id: number, notes: readonly Note[], killed = false) => ({
  ...producer(id, notes, killed),
  role: 'consumer',
});
const puts = (count: number): Note[] =>
  Array.from({ length: count }, (_, n): Note[] => [
    [Entry.put, n, 1],
    [Entry.putDone, n, 1],
  ]).flat();
const gets = (p: number, ...numbers: number[]): Note[] =>
  numbers.flatMap((n): Note[] => [[Entry.get, 1], [Entry.got, p, n], [Entry.gotNothing]]);
const asked: Note[] = [[Entry.get, 1]];

describe('the ledger of items', () => {
  it('balances where each item was taken once, by whomever', () => {
    const parts = [producer(0, puts(4)), consumer(1, gets(0, 0, 3)), consumer(2, gets(0, 1, 2))];
    expect(settleItems(parts, { kind: 'queue' })).toMatchObject({
      put: 4,
      taken: 4,
      missing: 0,
      faults: [],
    });
  });

  it('finds a lost item, a doubled one, one that nobody put, and one out of order', () => {
    const faultsOf = (...numbers: number[]) =>
      settleItems([producer(0, puts(3)), consumer(1, gets(0, ...numbers))], { kind: 'queue' })
        .faults;
    expect(faultsOf(0, 1)).toEqual(['1 items are lost and the killed can have had 0: 0:2']);
    expect(faultsOf(0, 1, 2, 2)).toContain('item 2 of producer 0 came twice');
    expect(faultsOf(0, 1, 2, 3)).toEqual([
      'consumer 1 got item 3 of producer 0, which never put it',
    ]);
    expect(faultsOf(0, 2, 1)).toEqual(['consumer 1 got item 1 of producer 0 after 2']);
  });

  it('lets one who was killed in the middle of a get have one item, and no more', () => {
    const taken = [...gets(0, 0), ...asked];
    const settle = (count: number) =>
      settleItems([producer(0, puts(count)), consumer(1, taken, true)], { kind: 'queue' }).faults;
    expect(settle(2)).toEqual([]);
    expect(settle(3)).toHaveLength(1);
  });

  it('lets one who was killed outside a get have none', () => {
    const parts = [producer(0, puts(2)), consumer(1, gets(0, 0), true)];
    expect(settleItems(parts, { kind: 'queue' }).faults).toHaveLength(1);
  });

  it('lets the last put of a killed producer have gone in or not', () => {
    const cut = producer(0, [...puts(1), [Entry.put, 1, 1]], true);
    for (const taken of [gets(0, 0), gets(0, 0, 1)])
      expect(settleItems([cut, consumer(1, taken)], { kind: 'queue' }).faults).toEqual([]);
  });

  it('holds a refused put to its word', () => {
    const refused = producer(0, [...puts(1), [Entry.put, 1, 1], [Entry.putRefused, 1, 1]]);
    expect(settleItems([refused, consumer(1, gets(0, 0))], { kind: 'queue' }).faults).toEqual([]);
    expect(
      settleItems([refused, consumer(1, gets(0, 0, 1))], { kind: 'queue' }).faults,
    ).toHaveLength(1);
  });

  it('says between what bounds the killed left items unfinished', () => {
    const notes: Note[] = [...gets(0, 0), [Entry.finish], [Entry.finished], ...gets(0, 1)];
    const parts = [
      producer(0, puts(3)),
      consumer(1, [...notes, ...asked], true),
      consumer(2, gets(0, 2)),
    ];
    expect(settleItems(parts, { kind: 'joinable' }).unfinished).toEqual([1, 2]);
  });
});

describe('the ledger of a barrier', () => {
  const party = (id: number, ...notes: Note[]) => ({ id, journal: journal(notes) });
  const options = { parties: 2, mayBreak: () => false };

  it('balances where all arrived before anybody passed', () => {
    const parts = [0, 1].map((id) =>
      party(id, [Entry.arrive, 1, 0], [Entry.pass, 1, 0, id], [Entry.arrive, 1, 1]),
    );
    expect(settleBarrier(parts, options)).toEqual({ rounds: 1, faults: [] });
  });

  it('finds who passed alone, an index given twice, and a break without a death', () => {
    const alone = party(0, [Entry.arrive, 1, 0], [Entry.pass, 1, 0, 0]);
    expect(settleBarrier([alone], options).faults).toHaveLength(1);
    const same = [0, 1].map((id) => party(id, [Entry.arrive, 1, 0], [Entry.pass, 1, 0, 1]));
    expect(settleBarrier(same, options).faults).toHaveLength(1);
    const broken = party(0, [Entry.arrive, 1, 0], [Entry.broken, 1, 0]);
    expect(settleBarrier([broken], options).faults).toHaveLength(1);
    expect(settleBarrier([broken], { ...options, mayBreak: () => true }).faults).toEqual([]);
  });

  it('finds who passed although another one had died before it came', () => {
    const dead = { ...party(0, [Entry.arrive, 1, 0, 1000]), diedAt: 1010 };
    const passed = (at: number) => party(1, [Entry.arrive, 1, 0, at], [Entry.pass, 1, 0, 0]);
    expect(settleBarrier([dead, passed(1011)], options).faults).toHaveLength(1);
    expect(settleBarrier([dead, passed(1010)], options).faults).toEqual([]);
    const longAgo = { ...dead, diedAt: 2 ** 32 - 1 };
    expect(settleBarrier([longAgo, passed(5)], options).faults).toHaveLength(1);
  });
});

describe('an item', () => {
  it('proves itself, and each change of it shows', () => {
    for (const mixture of ['small', 'middle', 'large', 'mixed']) {
      const item = makeItem(3, 12, mixture);
      expect(() => checkItem(item, mixture)).not.toThrow();
      expect(() => checkItem({ ...item, n: 13 }, mixture)).toThrow('spoilt');
      const body = Buffer.from(item.body);
      if (body.length === 0) continue;
      body[body.length - 1]! ^= 1;
      expect(() => checkItem({ ...item, body }, mixture)).toThrow('spoilt');
      expect(() => checkItem({ ...item, body: body.subarray(1) }, mixture)).toThrow('spoilt');
    }
  });
});
