import { describe, expect, it } from 'vitest';
import { forAbout } from '../bench/harness/contest.mjs';
import {
  advantage,
  markAtLeast,
  markAtMost,
  outcome,
  overBest,
  tableOf,
} from '../bench/harness/outcome.mjs';
import { svg } from '../bench/harness/plot.mjs';
import { latencies, pairedRatio, percentile, tails } from '../bench/harness/statistics.mjs';

const rounds = (...values: number[]) => values.map((value) => ({ value }));
const lower = { key: 'time', title: 'hot', unit: 'µs', better: 'lower' } as const;
const higher = { key: 'rate', title: 'items', unit: '1/s', better: 'higher' } as const;

describe('the figures of a benchmark', () => {
  it('are percentiles of all single times, in any order', () => {
    const times = Array.from({ length: 1001 }, (_, i) => (i * 8) % 1001);
    expect(percentile(times, 0.5)).toBe(500);
    expect(tails(times)).toEqual({ count: 1001, p50: 500, p99: 990, p999: 999 });
  });

  it('leave out a percentile that no single time lies beyond', () => {
    expect(tails(Array.from({ length: 99 }, (_, i) => i))).toEqual({ count: 99, p50: 49 });
    expect(tails(Array.from({ length: 999 }, (_, i) => i)).p999).toBeUndefined();
    expect(tails(Array.from({ length: 100 }, (_, i) => i)).p99).toBeCloseTo(98.01);
  });

  it('keep every time of a round, and its median as the value of the round', () => {
    expect(latencies([3, 1, 2.00049])).toEqual({ value: 2, times: [3, 1, 2] });
  });

  it('are compared within a round, so that what slows both drops out', () => {
    // The medians of the rounds, 20 and 100, would say a fifth.
    expect(pairedRatio([10, 20, 90], [40, 100, 100])).toBe(0.25);
  });

  it('say how many times better one is, whichever way they point', () => {
    const results = {
      ours: { time: rounds(2, 2), rate: rounds(30, 30) },
      peer: { time: rounds(8, 8), rate: rounds(10, 10) },
    };
    expect(advantage(results, lower, 'ours', 'peer')).toBe(4);
    expect(advantage(results, higher, 'ours', 'peer')).toBe(3);
    expect(advantage(results, lower, 'ours', 'nobody')).toBeNaN();
  });

  it('are held against the best peer that is there', () => {
    const results = {
      ours: { time: rounds(1) },
      slow: { time: rounds(9) },
      fast: { time: rounds(2) },
      absent: { missing: 'not installed' },
    };
    const peers = ['absent', 'slow', 'fast'];
    expect(overBest(results, lower, 'ours', peers)).toEqual({ peer: 'fast', times: 2 });
    expect(overBest(results, lower, 'ours', ['absent']).times).toBeNaN();
  });

  it('ask of each contender as much as it can do in the time', () => {
    const ask = forAbout(200, 'items', { least: 10, most: 1000 });
    expect(ask({ items: { value: 2000 } })).toEqual({ count: 400 });
    expect(ask({ items: { value: 3 } })).toEqual({ count: 10 });
    expect(ask({ items: { value: 1e9 } })).toEqual({ count: 1000 });
  });
});

describe('a mark', () => {
  it('is reached or missed by its own direction', () => {
    expect(markAtLeast('fast', 3, 3)).toMatchObject({ met: true, reached: '3.00 x' });
    expect(markAtLeast('fast', 2.99, 3)).toMatchObject({ met: false });
    expect(markAtMost('cheap', 1.3, 1.3)).toMatchObject({ met: true });
    expect(markAtMost('cheap', 1.31, 1.3)).toMatchObject({ met: false });
  });

  it('is neither where it could not be measured', () => {
    expect(markAtLeast('against a peer that is not there', Number.NaN, 2)).toMatchObject({
      met: null,
      reached: 'not measured',
    });
  });
});

describe('a table', () => {
  const contenders = [
    { name: 'ours', short: 'we', ours: true },
    { name: 'peer' },
    { name: 'absent' },
    { name: 'broken' },
  ];
  const results = {
    ours: { time: [{ value: 2, cpu: 4 }], pooled: { time: { p50: 2, p99: 5 } } },
    peer: { time: [{ value: 6, cpu: 9 }], pooled: { time: { p50: 6, p99: 7, p999: 8 } } },
    absent: { missing: 'npm run bench:peers' },
    broken: { failed: 'it ended' },
  };

  it('has percentiles, CPU time, and our advantage in the row of each peer', () => {
    expect(tableOf(contenders, results, lower)).toEqual([
      ['hot [µs]', 'p50', 'p99', 'p99.9', 'min', 'max', 'CPU s/M', 'we is'],
      ['ours', '2.00', '5.00', '-', '2.00', '2.00', '4.00', ''],
      ['peer', '6.00', '7.00', '8.00', '6.00', '6.00', '9.00', '3.00 x'],
      ['absent', 'not installed', '', '', '', '', '', ''],
      ['broken', 'failed', '', '', '', '', '', ''],
    ]);
  });

  it('comes with what is missing and what has failed, which are not the same', () => {
    const { missing, failures } = outcome(contenders, results, [lower], []);
    expect(missing).toEqual(['absent: npm run bench:peers']);
    expect(failures).toEqual(['broken: it ended']);
  });
});

describe('a plot', () => {
  it('has a longer bar for more, and no character that breaks the file', () => {
    const text = svg({
      kind: 'bars',
      title: '<rates> & "more"',
      unit: '1/s',
      better: 'higher',
      bars: [
        { name: 'ours', ours: true, value: 1000 },
        { name: 'peer', value: 10 },
      ],
    });
    const widths = [...text.matchAll(/<rect x="330" y="\d+" width="([\d.]+)"/g)].map(([, w]) =>
      Number(w),
    );
    expect(widths).toHaveLength(2);
    expect(widths[0]).toBeGreaterThan(widths[1] as number);
    expect(text).toContain('&lt;rates&gt; &amp; &quot;more&quot;');
  });

  it('has a line of points for each series, rising where the figures rise', () => {
    const text = svg({
      kind: 'lines',
      title: 'by size',
      unit: 'µs',
      better: 'lower',
      x: 'bytes',
      series: [
        {
          name: 'ours',
          ours: true,
          points: [
            [8, 2],
            [1024, 20],
          ],
        },
      ],
    });
    const [, x1, y1, x2, y2] =
      /points="([\d.]+),([\d.]+) ([\d.]+),([\d.]+)"/.exec(text)?.map(Number) ?? [];
    expect(x2).toBeGreaterThan(x1 as number);
    // Up is down in SVG.
    expect(y2).toBeLessThan(y1 as number);
  });
});
