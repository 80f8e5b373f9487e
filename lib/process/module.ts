import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { invalidArgType, outOfRange } from '../argument-errors.js';
import { isMainThread } from '../native.js';
import { notExported } from './target.js';

const expected = 'a file: URL or an absolute path';

/** The file URL of the module with the target: as given, or the main script. */
export function readModule(module: unknown): string {
  if (module === undefined) return mainScript();
  if (module instanceof URL) {
    if (module.protocol !== 'file:') throw outOfRange('module', expected, module.href);
    return module.href;
  }
  if (typeof module !== 'string') throw invalidArgType('module', expected, module);
  if (path.isAbsolute(module)) return pathToFileURL(module).href;
  if (module.startsWith('file:') && URL.canParse(module)) return new URL(module).href;
  throw outOfRange('module', expected, module);
}

/** The script of this thread: what `node` was given, or the file of a worker. */
function mainScript(): string {
  const script = process.argv[1];
  const evaluated = isMainThread && process.execArgv.some(takesCode);
  if (script === undefined || evaluated || !path.isAbsolute(script)) {
    throw notExported(
      'There is no main script to import the target from (--eval, --print, standard input and the REPL have none). ' +
        'Put the target into a file and name it: new Process({ target, module: url })',
    );
  }
  return pathToFileURL(resolved(script)).href;
}

/** Whether an option makes Node run code from the command line. */
export function takesCode(option: string): boolean {
  return /^(-e|-p|-pe|--eval|--print)$/.test(option) || /^--(eval|print)=/.test(option);
}

/** `node main` and `node .` run main.js and index.js; an import needs the file itself. */
function resolved(script: string): string {
  if (statSync(script, { throwIfNoEntry: false })?.isFile()) return script;
  try {
    return createRequire(script).resolve(script);
  } catch {
    // The child says what it cannot import.
    return script;
  }
}

/** A module's URL as people write it. */
export function shownModule(url: string): string {
  return fileURLToPath(url);
}
