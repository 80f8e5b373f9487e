import { describe, expect, it } from 'vitest';
import { planRound } from '../soak/schedule.mjs';

const size = { processes: 12, length: 3000 };

describe('the schedule of a soak', () => {
  it('is the same for the same seed and round', () => {
    for (let round = 0; round < 20; round++)
      expect(planRound(7, round, size)).toEqual(planRound(7, round, size));
  });

  it('differs with the seed and with the round', () => {
    const plans = [planRound(7, 0, size), planRound(7, 1, size), planRound(8, 0, size)];
    expect(new Set(plans.map(({ scenes }) => JSON.stringify(scenes))).size).toBe(3);
  });

  it('has a seat for every process and every fault, and faults within the round', () => {
    for (let round = 0; round < 200; round++) {
      const { scenes } = planRound(1, round, size);
      expect(scenes.flatMap(({ seats }) => seats).length).toBeGreaterThanOrEqual(12);
      for (const { seats, faults } of scenes) {
        for (const { at, seat, act, rest } of faults) {
          expect(seats[seat]).toBeDefined();
          expect(at).toBeLessThan(3000);
          expect(['kill', 'stop']).toContain(act);
          expect(rest).toBeGreaterThanOrEqual(0);
        }
      }
    }
  });

  it('comes to every kind of object, to kills and to stops', () => {
    const plans = Array.from({ length: 200 }, (_, round) => planRound(3, round, size));
    const scenes = plans.flatMap((plan) => plan.scenes);
    expect([...new Set(scenes.map(({ kind }) => kind))].sort()).toEqual([
      'barrier',
      'condition',
      'event',
      'joinable',
      'lock',
      'pipe',
      'pool',
      'priority',
      'queue',
      'semaphore',
    ]);
    const acts = scenes.flatMap(({ faults }) => faults.map(({ act }) => act));
    expect([...new Set(acts)].sort()).toEqual(['kill', 'stop']);
  });
});
