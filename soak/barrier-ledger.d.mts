export function settleBarrier(
  parts: readonly {
    readonly id: number;
    readonly diedAt?: number;
    readonly journal: Uint32Array;
  }[],
  options: { readonly parties: number; readonly mayBreak: (epoch: number) => boolean },
): { readonly rounds: number; readonly faults: string[] };
