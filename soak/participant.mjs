// One process of the soak: attaches what its role works on, and does that until its time is over. What it finds wrong is an uncaught
// error, and so a fault of the run.
import { openJournal } from './journal.mjs';
import { randomFrom } from './random.mjs';

const { role, id, seed, journal, until, settings, given } = JSON.parse(process.argv[2]);
const deadline = BigInt(until);

const pausing = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const { play } = await import(`./roles/${role}.mjs`);
await play({
  id,
  settings,
  given,
  journal: openJournal(journal),
  random: randomFrom(seed, id),
  /** Whether there is time left. CLOCK_MONOTONIC, which all processes share. */
  inTime: () => process.hrtime.bigint() < deadline,
  pausing,
});
