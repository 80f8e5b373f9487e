export function svg(plot: object, question?: string): string;
