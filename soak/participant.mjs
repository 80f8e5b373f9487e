// One process of the soak: attaches what its role works on, and does that until its time is over. What it finds wrong is an uncaught
// error, and so a fault of the run.
import { readFileSync, statSync } from 'node:fs';
import { openJournal } from './journal.mjs';
import { randomFrom } from './random.mjs';

const { role, id, seed, journal, deadlineFile, settings, given } = JSON.parse(process.argv[2]);
let deadline;

/** Whether there is time left: until it is known when it is over, and then until then, by CLOCK_MONOTONIC, which all processes share. */
function inTime() {
  if (deadline === undefined) {
    if (statSync(deadlineFile, { throwIfNoEntry: false })?.size > 0)
      deadline = BigInt(readFileSync(deadlineFile, 'utf8'));
    else return true;
  }
  return process.hrtime.bigint() < deadline;
}

const pausing = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const { play } = await import(`./roles/${role}.mjs`);
await play({
  id,
  settings,
  given,
  journal: openJournal(journal),
  random: randomFrom(seed, id),
  inTime,
  pausing,
});
