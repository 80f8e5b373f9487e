import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type Pool, SharedArray } from '../dist/index.js';
import { runOnce, type Stage, work } from './fixtures/crash-tasks.mjs';
import { Peer } from './helpers/peer.js';
import { poolOf } from './helpers/pools.js';

const module = new URL('./fixtures/crash-tasks.mjs', import.meta.url);

/** What became of a task: its result, or that its worker died. */
async function endOf(task: Promise<unknown>): Promise<unknown> {
  return task.catch((error: { code?: string }) => {
    if (error.code !== 'ERR_WORKER_DIED') throw error;
    return 'died';
  });
}

/** The state and the parent of a process; nothing where it is gone. */
function statusOf(pid: number): { state: string; parent: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state: state as string, parent: Number(parent) };
  } catch {
    return undefined;
  }
}

const isOurs = (pid: number) => statusOf(pid)?.parent === process.pid;
const lives = (pid: number) => !['Z', 'X', undefined].includes(statusOf(pid)?.state);

function childrenOf(pid: number): number[] {
  const all = readdirSync('/proc').map(Number).filter(Number.isInteger);
  return all.filter((child) => statusOf(child)?.parent === pid && lives(child));
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error('not in time');
    await delay(5);
  }
}

/** Tasks that ran twice, or have an end that their runs do not explain. */
function unexplained(ends: readonly unknown[], ran: Iterable<number>): number[] {
  return [...ran].flatMap((times, n) => {
    const explained = ends[n] === 'died' ? times <= 1 : ends[n] === n && times === 1;
    return explained ? [] : [n];
  });
}

const deadly = (n: number) => n % 10 === 4;

describe('a worker of a pool that is killed', () => {
  /** Gives 40 tasks, of which every tenth ends its worker at that stage. */
  async function giveAll(pool: Pool, stage: Stage): Promise<{ ends: unknown[]; ran: number[] }> {
    using counts = new SharedArray('i', 40);
    const tasks = Array.from({ length: 40 }, (_, n) =>
      endOf(pool.apply(runOnce, deadly(n) ? [counts.name, n, stage] : [counts.name, n])),
    );
    return { ends: await Promise.all(tasks), ran: [...counts] as number[] };
  }

  it.each(['running', 'awaiting', 'answering'] as const)(
    'on its way (%s) takes the one task along, and every task has run once',
    async (stage) => {
      const { ends, ran } = await giveAll(poolOf(2, { module }), stage);
      expect(ends).toEqual(ends.map((_, n) => (deadly(n) ? 'died' : n)));
      expect(ran).toEqual(ran.map(() => 1));
    },
    60_000,
  );

  it('when it has answered takes at most the task after that along', async () => {
    const { ends, ran } = await giveAll(poolOf(2, { module }), 'answered');
    // Whether the answer got out before the signal came is up to the kernel.
    const died = ends.filter((end) => end === 'died').length;
    expect(died).toBeLessThanOrEqual(ends.filter((_, n) => deadly(n)).length);
    expect(unexplained(ends, ran)).toEqual([]);
  }, 60_000);

  it('at any moment loses no task without saying so, and none runs twice', async () => {
    const pool = poolOf(3, { module });
    using ran = new SharedArray('i', 1500);
    using pids = new SharedArray('i', 8);
    const tasks = Array.from({ length: ran.length }, (_, n) =>
      endOf(pool.apply(work, [ran.name, pids.name, n])),
    );
    let over = false;
    const ends = Promise.all(tasks).finally(() => {
      over = true;
    });
    let kills = 0;
    while (kills < 8 && !over) {
      await delay(1 + 3 * kills);
      const pid = [...pids].find((one) => one !== 0 && lives(one) && isOurs(one));
      if (pid === undefined) continue;
      process.kill(pid, 'SIGKILL');
      kills++;
    }
    const all = await ends;
    expect(kills).toBeGreaterThan(0);
    expect(all.filter((end) => end === 'died').length).toBeLessThanOrEqual(kills);
    expect(unexplained(all, ran)).toEqual([]);
  }, 60_000);
});

it('ends its workers when its own process is killed, and no task has run twice', async () => {
  for (const milliseconds of [0, 30, 120, 300]) {
    using ran = new SharedArray('i', 200_000);
    const owner = new Peer('pool', 'work', { ran: ran.name });
    await owner.event('ready');
    await delay(milliseconds);
    owner.kill('SIGSTOP'); // so that nobody is started between this look and the kill
    await until(() => statusOf(owner.pid)?.state === 'T');
    const workers = childrenOf(owner.pid);
    owner.kill();
    await owner.ended;
    expect(workers.length).toBeGreaterThan(0);
    await until(() => !workers.some(lives));
    expect([...ran].findIndex((times) => times > 1)).toBe(-1);
  }
}, 120_000);
