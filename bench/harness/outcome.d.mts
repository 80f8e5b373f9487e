export interface Sample {
  readonly value: number;
  readonly cpu?: number;
}
export interface Contender {
  readonly name: string;
  readonly short?: string;
  readonly ours?: boolean;
  readonly control?: boolean;
}
export interface Measure {
  readonly key: string;
  readonly title: string;
  readonly unit: string;
  readonly better: 'higher' | 'lower';
}
export interface Mark {
  readonly text: string;
  readonly reached: string;
  readonly wanted: string;
  readonly met: boolean | null;
}
/** By the contender's name, then by the measure's key. */
export type Results = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export function advantage(
  results: Results,
  measure: Measure,
  first: string,
  second: string,
): number;
export function overBest(
  results: Results,
  measure: Measure,
  name: string,
  peers: readonly string[],
): { readonly peer: string; readonly times: number };
export function tableOf(
  contenders: readonly Contender[],
  results: Results,
  measure: Measure,
): string[][];
export function outcome(
  contenders: readonly Contender[],
  results: Results,
  measures: readonly Measure[],
  marks: readonly Mark[],
): { readonly tables: string[][][]; readonly missing: string[]; readonly failures: string[] };
export function markAtLeast(text: string, reached: number, atLeast: number): Mark;
export function markAtMost(text: string, reached: number, atMost: number): Mark;
