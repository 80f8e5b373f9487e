#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { clean, help as cleanHelp } from './clean.js';
import { help as lsHelp, ls } from './ls.js';
import { rm, help as rmHelp } from './rm.js';
import { stat, help as statHelp } from './stat.js';
import { top, help as topHelp } from './top.js';
import { printable } from './units.js';
import { exitCodes, Refusal, UsageError } from './usage.js';

interface Command {
  readonly help: string;
  run(args: readonly string[]): number | Promise<number>;
}

const commands = new Map<string, Command>([
  ['ls', { help: lsHelp, run: ls }],
  ['stat', { help: statHelp, run: stat }],
  ['top', { help: topHelp, run: top }],
  ['rm', { help: rmHelp, run: rm }],
  ['clean', { help: cleanHelp, run: clean }],
]);

const help = `interproc COMMAND [OPTION …]

Looks at shared objects in /dev/shm, and cleans up after the dead.

  ls           lists them
  stat NAME    says all about one: who holds it, who waits, how much is queued
  top          shows depth and rates again and again
  rm NAME      removes one that nobody holds
  clean        removes all that killed processes left

interproc COMMAND --help says more; --version prints the version.
Exit codes: 0 done, 1 not there or refused, 2 the command line is wrong.
`;

function version(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

async function main([name, ...rest]: readonly string[]): Promise<number> {
  if (name === '--version') {
    console.log(version());
    return exitCodes.ok;
  }
  if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(help);
    return exitCodes.ok;
  }
  const command = commands.get(name ?? '');
  if (command === undefined) {
    const why =
      name === undefined ? 'a command is missing' : `there is no command '${printable(name)}'`;
    process.stderr.write(`interproc: ${why}\n\n${help}`);
    return exitCodes.usage;
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(command.help);
    return exitCodes.ok;
  }
  try {
    return await command.run(rest);
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`interproc ${name}: ${printable(error.message)}\n\n${command.help}`);
      return exitCodes.usage;
    }
    // A refusal says all; so does what a system call answered, or a file that is not as it must be.
    const expected =
      error instanceof Refusal || typeof (error as { code?: unknown }).code === 'string';
    if (!expected) throw error;
    process.stderr.write(`interproc ${name}: ${printable((error as Error).message)}\n`);
    return exitCodes.failed;
  }
}

// Whoever reads the output may have seen enough of it (`interproc top | head`).
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(exitCodes.ok);
});
process.exitCode = await main(process.argv.slice(2));
