export function forAbout(
  ms: number,
  key: string,
  options?: { least?: number; most?: number; unit?: number; [more: string]: unknown },
): (first: Readonly<Record<string, { readonly value: number }>>) => { readonly count: number };
