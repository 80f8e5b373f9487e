export interface Seat {
  readonly role: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface Fault {
  readonly at: number;
  readonly act: 'kill' | 'stop';
  readonly seat: number;
  readonly worker?: number;
  readonly rest: number;
}

export interface Scene {
  readonly kind: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly seats: readonly Seat[];
  readonly faults: readonly Fault[];
}

export interface Plan {
  readonly seed: number;
  readonly index: number;
  readonly length: number;
  readonly scenes: readonly Scene[];
}

export function planRound(
  seed: number,
  index: number,
  size: { readonly processes: number; readonly length: number },
): Plan;
