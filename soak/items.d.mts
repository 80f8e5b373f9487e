export interface Item {
  p: number;
  n: number;
  body: Buffer;
  sum: number;
}

export function makeItem(p: number, n: number, mixture: string): Item;
export function checkItem(item: unknown, mixture: string): void;
