// The manager that server and worker have in common.
import { SyncManager } from 'interproc';

/** One for all clients: where they find what somebody else has put there. */
const board = new Map();

export class Jobs extends SyncManager {}
// A Map's methods are reached only where they are named.
Jobs.register('board', () => board, { exposed: ['get', 'set'] });

/** What the program was told by the one that started it. */
export const settings = JSON.parse(process.env.JOBS ?? '{}');
