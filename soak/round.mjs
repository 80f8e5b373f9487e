// One round: all its scenes at once, each with an object of its own, and then nothing of them may be left.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Crew } from './crew.mjs';
import { look, marked } from './processes.mjs';
import * as barrier from './scenes/barrier.mjs';
import * as condition from './scenes/condition.mjs';
import * as event from './scenes/event.mjs';
import * as items from './scenes/items.mjs';
import * as lock from './scenes/lock.mjs';
import * as pipe from './scenes/pipe.mjs';
import * as pool from './scenes/pool.mjs';
import * as semaphore from './scenes/semaphore.mjs';

const scenes = {
  queue: items,
  joinable: items,
  priority: items,
  pipe,
  lock,
  semaphore,
  condition,
  event,
  barrier,
  pool,
};

/** One mistake often has many consequences. */
const mostTold = 5;

/** Plays a plan. Returns `{ counts, faults }`; the journals of a round with faults stay in `folder`. */
export async function playRound(plan) {
  const folder = mkdtempSync(join(tmpdir(), 'interproc-soak-'));
  const mark = `${process.pid}-${plan.seed}-${plan.index}`;
  let ids = 0;
  const round = { ...plan, folder, mark, nextId: () => ids++ };
  const counts = {};
  const faults = [];
  const add = (more) => {
    for (const [what, count] of Object.entries(more)) counts[what] = (counts[what] ?? 0) + count;
  };
  await Promise.all(
    plan.scenes.map(async (scene, index) => {
      const crew = new Crew(scene, index, round);
      const name = `soak-${mark}-${index}`;
      try {
        const result = await scenes[scene.kind].play(crew, scene, name, folder);
        const told = result.faults.slice(0, mostTold).map((text) => `${scene.kind}: ${text}`);
        if (result.faults.length > mostTold)
          told.push(`${scene.kind}: and ${result.faults.length - mostTold} more`);
        faults.push(...told);
        add(result.counts);
      } catch (error) {
        faults.push(`${scene.kind}: ${error.message}`);
      } finally {
        await crew.abandon();
        add({
          processes: crew.members.length,
          kills: crew.kills,
          'workers killed': crew.workerKills,
          stops: crew.stops,
        });
      }
    }),
  );
  // Where a scene was given up, the killed were the last to have its objects: the next start of any program removes those.
  if (faults.length === 0) faults.push(...(await leftBehind(mark)));
  if (faults.length === 0) rmSync(folder, { recursive: true });
  return { counts, faults, folder };
}

/** What a round leaves that it must not: objects under its names, and processes. */
async function leftBehind(mark) {
  // Whoever gave an end of a pipe away looks ten times a second whether it has arrived, and stays attached until then.
  const end = performance.now() + 20_000;
  for (;;) {
    const files = readdirSync('/dev/shm').filter((file) => file.includes(`soak-${mark}-`));
    const processes = marked(`INTERPROC_SOAK=${mark}`);
    if (files.length + processes.length === 0) return [];
    if (performance.now() > end) {
      return [
        ...files.map((file) => `left in /dev/shm: ${file}`),
        ...processes.map((pid) => `left running: ${look(pid)}`),
      ];
    }
    await delay(20);
  }
}
