import { parseArgs } from 'node:util';

/** Everything is well; the object is not there, or what was asked for was refused; the command line is wrong. */
export const exitCodes = { ok: 0, failed: 1, usage: 2 } as const;

/** A command line that cannot be understood. */
export class UsageError extends Error {}

/** What was asked for cannot be done. */
export class Refusal extends Error {}

/** What a command was given. */
export interface Arguments {
  readonly names: readonly string[];
  flag(option: string): boolean;
  text(option: string): string | undefined;
}

/** The options of a command and as many names as it takes. @throws UsageError that says what is wrong */
export function readArguments(
  args: readonly string[],
  options: Readonly<Record<string, 'boolean' | 'string'>>,
  count: number,
): Arguments {
  const described = Object.entries(options).map(([name, type]) => [name, { type }] as const);
  let values: Record<string, unknown>;
  let names: string[];
  try {
    const read = parseArgs({
      args: [...args],
      options: Object.fromEntries(described),
      allowPositionals: true,
    });
    values = read.values;
    names = read.positionals;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  if (names.length < count) throw new UsageError('a name is missing');
  if (names.length > count)
    throw new UsageError(`'${names[count]}' is more than this command takes`);
  return {
    names,
    flag: (option) => values[option] === true,
    text: (option) => values[option] as string | undefined,
  };
}

/** A whole number within bounds. */
export function readWhole(text: string, option: string, least: number, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most))
    throw new UsageError(
      `--${option} takes a whole number from ${least} to ${most}, not '${text}'`,
    );
  return value;
}

/** The name of a segment, or of bare memory. Neither leads out of /dev/shm. */
export function readName(name: string, memory: boolean): string {
  const fits = memory
    ? /^[^/\0]{1,255}$/.test(name) && !/^(interproc[.-]|sem\.)/.test(name)
    : /^[A-Za-z0-9._-]{1,200}$/.test(name);
  if (fits && name !== '.' && name !== '..') return name;
  throw new UsageError(
    memory
      ? `'${name}' is no name of shared memory`
      : `'${name}' is no name: 1 to 200 characters of A-Z a-z 0-9 . _ -, and not '.' or '..'`,
  );
}
