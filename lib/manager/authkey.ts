import { builtin } from '../builtin.js';

/** Where children and worker threads find the key of their parent. Only processes of the same user can read another's environment. */
const variable = 'INTERPROC_AUTHKEY';

/**
 * This process's key: what managers and their clients use where none is given. Made up at first use; children and worker threads that
 * are started after that have it too. Python: `current_process().authkey`.
 */
export function processAuthkey(): Buffer {
  const known = process.env[variable];
  if (known !== undefined && /^[0-9a-f]{32,}$/.test(known)) return Buffer.from(known, 'hex');
  const key = builtin.crypto.randomBytes(32);
  process.env[variable] = key.toString('hex');
  return key;
}
