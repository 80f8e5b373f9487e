import type { Attachment } from '../attachment.js';

/** What runs once in each round, in one of the parties, before anybody goes on. */
export type Action = () => unknown;

/** One wait of this thread at a barrier. */
export interface Party {
  readonly round: number;
  readonly action: Action | undefined;
  /** Whether it runs the action of the round now. */
  acting?: boolean;
  /** What its action threw. */
  failure?: { readonly error: unknown };
}

const waiting = new WeakMap<Attachment, Set<Party>>();

/** The waits of this thread at a barrier, in their order: whichever is told to run an action runs one of theirs. */
export function partiesOf(attachment: Attachment): Set<Party> {
  let parties = waiting.get(attachment);
  if (parties === undefined) {
    parties = new Set();
    waiting.set(attachment, parties);
  }
  return parties;
}

/** The wait whose action is to be run: the one that was told so, where it has one. */
export function actorAmong(parties: Set<Party>, told: Party): Party | undefined {
  if (told.action !== undefined) return told;
  for (const party of parties) {
    if (party.round === told.round && party.action !== undefined) return party;
  }
  return undefined;
}
