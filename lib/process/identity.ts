import { binding } from '../native.js';
import { bootVariable } from '../parts/parts.js';

/** What `bootVariable` is for a child that is another program: Python's `interproc.args()` reads it. */
export const argsVariable = 'INTERPROC_ARGS';

/** Who a process is; the same for all of its threads. */
export interface Identity {
  readonly name: string;
  readonly daemon: boolean;
  /** Which child of which child: `[2, 1]` is the first child of the main process's second. */
  readonly path: readonly number[];
  readonly parent: { readonly pid: number; readonly name: string } | null;
}

const main: Identity = { name: 'MainProcess', daemon: false, path: [], parent: null };

let known: Identity | undefined;
let booting = false;

/** Who this process is. */
export function identity(): Identity {
  if (known !== undefined) return known;
  const text = binding.identity();
  known = text === '' ? main : (JSON.parse(text) as Identity);
  return known;
}

/** Tells every thread of this process, those to come included, who it is. */
export function setIdentity(who: Identity): void {
  binding.setIdentity(JSON.stringify(who));
  known = who;
}

/** Read when this module is loaded, before the bootstrap takes the variable away: others may ask between that and `setIdentity`. */
const startedAsChild = process.env[bootVariable] !== undefined;

/** Whether this process was started as a child, known even before it has read who it is. */
export function isChild(): boolean {
  return startedAsChild || binding.identity() !== '';
}

/** Whether the module with the target is being imported: no child may be started meanwhile. */
export function isBooting(): boolean {
  return booting;
}

export function setBooting(value: boolean): void {
  booting = value;
}
