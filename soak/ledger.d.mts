export interface Part {
  readonly id: number;
  readonly role: string;
  readonly killed: boolean;
  readonly journal: Uint32Array;
}

export interface Account {
  readonly put: number;
  readonly taken: number;
  readonly missing: number;
  readonly gap: number;
  readonly unfinished: [number, number];
  readonly faults: string[];
}

export function settleItems(parts: readonly Part[], options: { readonly kind: string }): Account;
