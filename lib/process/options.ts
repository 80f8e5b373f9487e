import type { StdioOptions } from 'node:child_process';
import { invalidArgType } from '../argument-errors.js';
import { checkOptions, readBoolean } from '../options.js';
import { readModule } from './module.js';
import type { SpawnPlan } from './spawn.js';
import { readTarget, type Target, type TargetName } from './target.js';

export interface ProcessOptions<Args extends readonly unknown[] = readonly unknown[]> {
  /** A function that `module` exports under its own name. It may be async. */
  readonly target: Target<Args>;
  /** What the target is called with. Shared objects, at any depth, arrive attached; a `Connection` is handed over. Default none. */
  readonly args?: readonly [...Args] | undefined;
  /** For people to read. Default `'Process-1'` and so on, for children of children `'Process-1:1'`. */
  readonly name?: string | undefined;
  /** Whether the child ends with this process. Default: as this process is. */
  readonly daemon?: boolean | undefined;
  /** The module that exports the target, a file: URL or an absolute path: `import.meta.url`. Default: the main script. */
  readonly module?: string | URL | undefined;
  /** Environment variables, merged over this process's own; `undefined` removes one. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Options of the child's Node.js. Default: this process's own, less the inspector's. */
  readonly execArgv?: readonly string[] | undefined;
  /** As of `child_process.spawn`. Default `'inherit'`. */
  readonly stdio?: StdioOptions | undefined;
}

/** A program of any language that is to be the child: `['python3', 'worker.py']`. */
export interface CommandOptions
  extends Omit<ProcessOptions<readonly unknown[]>, 'target' | 'args' | 'module' | 'execArgv'> {
  /** The program, looked for as `child_process.spawn` does, and what stands behind it on its command line. */
  readonly command: readonly [string, ...string[]];
  /**
   * What `interproc.args()` gives there. Shared objects, at any depth, arrive attached; a `Connection` is handed over. Default none.
   */
  readonly args?: readonly unknown[] | undefined;
}

const commandOptionNames = ['command', 'args', 'name', 'daemon', 'env', 'stdio'];
const optionNames = ['target', 'args', 'name', 'daemon', 'module', 'env', 'execArgv', 'stdio'];

/** The options of a `Process`, checked. */
export interface ProcessPlan extends SpawnPlan {
  /** What a Node.js child runs; `undefined` where it is a command. */
  readonly call: { readonly module: string; readonly target: TargetName } | undefined;
  readonly args: readonly unknown[];
  readonly name: string | undefined;
  readonly daemon: boolean;
}

export function readProcessOptions(options: unknown, daemonDefault: boolean): ProcessPlan {
  if (options === undefined) throw invalidArgType('The options of Process', 'an object', options);
  const isCommand = typeof options === 'object' && options !== null && 'command' in options;
  const given = checkOptions(options, isCommand ? commandOptionNames : optionNames, 'Process');
  const { args = [], name, execArgv, stdio = 'inherit' } = given;
  if (!Array.isArray(args)) throw invalidArgType('args', 'an array', args);
  const target = isCommand ? undefined : readTarget(given['target']);
  return {
    command: isCommand ? readCommand(given['command']) : undefined,
    call: target === undefined ? undefined : { target, module: readModule(given['module']) },
    args,
    name: name === undefined ? undefined : readProcessName(name),
    daemon: readBoolean(given['daemon'], 'daemon', daemonDefault),
    env: readEnv(given['env']),
    execArgv: execArgv === undefined ? undefined : readExecArgv(execArgv),
    stdio: readStdio(stdio),
  };
}

export function readProcessName(name: unknown): string {
  if (typeof name !== 'string') throw invalidArgType('name', 'a string', name);
  return name;
}

function readCommand(command: unknown): readonly [string, ...string[]] {
  const valid =
    Array.isArray(command) &&
    command.length > 0 &&
    command.every((part) => typeof part === 'string' && !part.includes('\0'));
  if (!valid || command[0] === '')
    throw invalidArgType('command', 'an array of a program and its arguments', command);
  return [...command] as [string, ...string[]];
}

function readEnv(env: unknown): Readonly<Record<string, string | undefined>> {
  if (env === undefined) return {};
  if (typeof env !== 'object' || env === null || Array.isArray(env)) {
    throw invalidArgType('env', 'an object of strings', env);
  }
  const variables: Record<string, string | undefined> = { ...env };
  for (const [key, value] of Object.entries(variables) as [string, unknown][]) {
    if (value !== undefined && typeof value !== 'string') {
      throw invalidArgType(`env.${key}`, 'a string', value);
    }
  }
  return variables;
}

function readExecArgv(execArgv: unknown): readonly string[] {
  if (!Array.isArray(execArgv) || !execArgv.every((option) => typeof option === 'string')) {
    throw invalidArgType('execArgv', 'an array of strings', execArgv);
  }
  return [...(execArgv as string[])];
}

function readStdio(stdio: unknown): StdioOptions {
  if (typeof stdio !== 'string' && !Array.isArray(stdio)) {
    throw invalidArgType('stdio', 'a string or an array', stdio);
  }
  // Node.js checks the rest when it spawns.
  return stdio as StdioOptions;
}
