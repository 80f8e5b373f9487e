// The main script of every Node.js process of a benchmark: calls the export that its argument names.
import { writeSync } from 'node:fs';
import { leaveWithParent } from './guard.mjs';

const { module, name, data, watchdog } = JSON.parse(process.argv[2]);
leaveWithParent({ thread: watchdog });

/** Says something to the process that started this one, without the help of an event loop. */
function tell(message) {
  try {
    writeSync(3, `${JSON.stringify(message)}\n`);
  } catch (error) {
    // Nobody is there to hear it any more: the guard's end, seen a little earlier.
    if (error.code === 'EPIPE') process.exit();
    throw error;
  }
}

try {
  const target = await import(module);
  await target[name](data, tell);
} catch (error) {
  if (error.code === 'ERR_PEER_MISSING') tell({ missing: error.message });
  else {
    console.error(`${name}: ${error.stack ?? error}`);
    process.exitCode = 1;
  }
}
process.exit();
