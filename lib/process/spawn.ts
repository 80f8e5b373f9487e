import type { ChildProcess, StdioOptions } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { builtin } from '../builtin.js';
import { type InterprocError, systemError } from '../errors.js';
import { bootVariable } from '../parts/parts.js';
import { partsForChildren } from '../parts/hand-down.js';
import type { BootTicket } from './boot-message.js';
import { argsVariable } from './identity.js';
import { takesCode } from './module.js';

/** What starting needs beside the boot message. */
export interface SpawnPlan {
  /** What to run instead of Node.js. */
  readonly command: readonly [string, ...string[]] | undefined;
  /** Merged over this process's own. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Instead of this process's own. */
  readonly execArgv: readonly string[] | undefined;
  readonly stdio: StdioOptions;
}

const bootstrap = fileURLToPath(new URL('./bootstrap.cjs', import.meta.url));

/**
 * Starts Node.js on the bootstrap, or the command. Without a `pid` in what it returns there is no process: see `spawnFailure`.
 * @throws InterprocError with a system code, such as `E2BIG`; TypeError for stdio that Node.js does not know.
 */
export function spawnChild(plan: SpawnPlan, ticket: BootTicket): ChildProcess {
  const [file, ...argv] = plan.command ?? [
    process.execPath,
    ...(plan.execArgv ?? inheritedExecArgv(process.execArgv)),
    bootstrap,
  ];
  const [variable, text, stdio] =
    plan.command === undefined
      ? [bootVariable, ...withCompiled(ticket, plan.stdio)]
      : [argsVariable, JSON.stringify(ticket), plan.stdio];
  const env = { ...process.env, ...plan.env, [variable]: text };
  try {
    return builtin.childProcess.spawn(file, argv, { env, stdio });
  } catch (error) {
    const { code, syscall } = error as { code?: unknown; syscall?: unknown };
    if (typeof code !== 'string' || typeof syscall !== 'string') throw error;
    throw spawnError(code, file);
  }
}

/** What a child that runs Node.js is told and is given: behind the descriptors that are asked for, what is compiled already. */
function withCompiled(ticket: BootTicket, asked: StdioOptions): [string, StdioOptions] {
  const stdio = typeof asked === 'string' ? [asked, asked, asked] : [...asked];
  const compiled = partsForChildren();
  if (compiled === undefined) return [JSON.stringify(ticket), asked];
  while (stdio.length < 3) stdio.push(undefined);
  const descriptor = stdio.push(compiled.descriptor) - 1;
  return [JSON.stringify({ ...ticket, compiled: { ...compiled, descriptor } }), stdio];
}

/** Why there is no process. Node.js tells in a later tick only, which a caller who blocks would never see. */
export function spawnFailure({ command, env }: SpawnPlan): InterprocError {
  const file = command === undefined ? process.execPath : command[0];
  // What there is none of does not run; what there is may, so that it is Node.js again where the system lacks something.
  const missing = command !== undefined && missingProgram(file, { ...process.env, ...env });
  const { error } = missing
    ? { error: { code: missing } }
    : builtin.childProcess.spawnSync(process.execPath, ['--version'], { stdio: 'ignore' });
  const code = (error as { code?: unknown } | undefined)?.code;
  // What is over by now was a lack of something.
  return spawnError(typeof code === 'string' ? code : 'EAGAIN', file);
}

/** `ENOENT` or `EACCES` where a program cannot be found on the path, or not be run. */
function missingProgram(file: string, env: NodeJS.ProcessEnv): string | undefined {
  const folders = file.includes('/') ? [''] : (env['PATH'] ?? '/usr/bin:/bin').split(':');
  let code = 'ENOENT';
  for (const folder of folders) {
    try {
      accessSync(folder === '' ? file : `${folder}/${file}`, constants.X_OK);
      return undefined;
    } catch (error) {
      if ((error as { code?: unknown }).code === 'EACCES') code = 'EACCES';
    }
  }
  return code;
}

function spawnError(code: string, file: string): InterprocError {
  return systemError({ code, syscall: 'spawn', path: file });
}

/**
 * The options that a child's Node.js gets from its parent's: not the inspector's, whose port is taken, nor those that say what to
 * run instead of the bootstrap.
 */
export function inheritedExecArgv(execArgv: readonly string[]): string[] {
  const inherited: string[] = [];
  for (let index = 0; index < execArgv.length; index++) {
    const option = execArgv[index] as string;
    if (takesCode(option)) {
      // The code is the next argument where there is no '='.
      if (!option.includes('=')) index++;
    } else if (takesValue(option)) {
      index++;
    } else if (!notInherited.test(option)) {
      inherited.push(option);
    }
  }
  return inherited;
}

/** Options that take the next argument as their value; `--inspect` and the like do not. */
function takesValue(option: string): boolean {
  return /^--(inspect-port|debug-port|inspect-publish-uid|input-type|watch-path)$/.test(option);
}

const notInherited =
  /^(-i|-c|--(interactive|check|test|watch|watch-path|watch-preserve-output|input-type|debug-port|inspect(-[a-z-]+)?)(=.*)?)$/;
