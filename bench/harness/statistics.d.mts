export function percentile(values: Iterable<number>, share: number): number;
export function median(values: Iterable<number>): number;
export function tails(times: Iterable<number>): {
  readonly count: number;
  readonly p50: number | undefined;
  readonly p99: number | undefined;
  readonly p999: number | undefined;
};
export function latencies(
  microseconds: Iterable<number>,
  more?: object,
): { readonly value: number; readonly times: readonly number[] };
export function pairedRatio(ours: readonly number[], theirs: readonly number[]): number;
