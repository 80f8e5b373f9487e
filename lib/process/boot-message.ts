import type { Identity } from './identity.js';
import type { CompiledParts } from '../parts/parts.js';
import type { TargetName } from './target.js';

/** What the environment variable of a child holds, as JSON. */
export interface BootTicket {
  /** The name of the boot pipe, whose end 1 is the child's. */
  readonly pipe: string;
  /** Whether shared objects are among the arguments. */
  readonly shared: boolean;
  /** What the parent has compiled of the library, for a child that runs Node.js. */
  readonly compiled?: CompiledParts;
}

/** What a child is told to be and to do. */
export interface BootMessage {
  readonly identity: Identity;
  /** What a Node.js child is to call; another program knows by itself. */
  readonly call?: { readonly module: string; readonly target: TargetName };
  readonly args: readonly unknown[];
  /** `process.argv` from the main script on. */
  readonly argv: readonly string[];
}

/** What a child tells its parent while it boots. Later on there is nothing to tell: the pipe's end says that it is gone. */
export type BootReport =
  | { readonly taken: true }
  | { readonly failed: { readonly code: string; readonly message: string } };

/** Which end of the boot pipe is whose, and the conditions under which they can be read (native/core/messages/pipe.h). */
export const parentEnd = 0;
export const childEnd = 1;
export const readableOf = (end: number): number => 2 * end;
