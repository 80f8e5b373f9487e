/** What grew beyond its bound. */
export interface Growth {
  readonly what: string;
  readonly text: string;
}
export function runSubject(name: string, rounds: number): Promise<{ readonly grown: Growth[] }>;
export const exampleNames: readonly string[];
export function runExample(name: string): Promise<{ readonly left: string[] }>;
