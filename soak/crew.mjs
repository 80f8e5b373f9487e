// The processes of one scene: starts them, does to them what the schedule says, and knows how each of them ended.
import { spawn } from 'node:child_process';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { lastWords, millisecond, readJournal } from './journal.mjs';
import { childrenOf, isGone, look } from './processes.mjs';

const program = fileURLToPath(new URL('participant.mjs', import.meta.url));

/**
 * How long nothing at all may come of anybody's work, nor what is waited for, where nothing stands in the way. Far more than it ever
 * takes: a fault is a wait without end.
 */
const patience = 90_000;

/** The same for what a death has to bring about, which takes 50 ms on a machine that is not busy. */
export const patienceWithDeaths = 15_000;

export class Crew {
  /** Every process that there ever was in this scene. */
  members = [];
  kills = 0;
  stops = 0;
  /** Workers of pools that were killed. */
  workerKills = 0;
  #plan;
  #round;
  #under = new Set();
  #broken = new AbortController();
  #given;
  #restart;
  #deadline;
  #deadlineFile;

  /** `round`: `{ seed, index, length, folder, mark, nextId }`, what all scenes of a round share, of which this is one by its number. */
  constructor(plan, number, round) {
    this.#plan = plan;
    this.#round = round;
    this.#deadlineFile = join(round.folder, `deadline-${number}`);
  }

  /**
   * Starts whoever has a seat and, once all are at work, does what is scheduled until the time is over. `given(seat)`: what a process is
   * given besides its settings. `restart(member)`: what happens when one was killed, once its rest is over; another takes its seat by
   * default.
   */
  async begin({ given, restart = ({ seat }) => this.start(seat) }) {
    this.#given = given;
    this.#restart = restart;
    for (const seat of this.#plan.seats.keys()) this.start(seat);
    // However long a busy machine takes to start them: the time is for work.
    await this.until('the start of all', () => this.members.every(isAtWork));
    this.#deadline = process.hrtime.bigint() + BigInt(this.#round.length) * 1_000_000n;
    writeFileSync(this.#deadlineFile, String(this.#deadline));
    for (const fault of this.#plan.faults)
      this.#do(delay(fault.at).then(() => this.#strike(fault)));
  }

  start(seat, given = this.#given(seat)) {
    const { role, settings } = this.#plan.seats[seat];
    const { seed, folder, mark, nextId } = this.#round;
    const id = nextId();
    const journal = join(folder, `${id}-${role}`);
    const order = { role, id, seed, journal, deadlineFile: this.#deadlineFile, settings, given };
    const child = spawn(process.execPath, [program, JSON.stringify(order)], {
      stdio: ['ignore', 'inherit', 'pipe'],
      env: { ...process.env, INTERPROC_SOAK: mark },
    });
    const member = { seat, role, id, child, settings, killed: false, ended: false, stderr: '' };
    child.stderr.setEncoding('utf8').on('data', (text) => {
      member.stderr += text;
    });
    member.read = () => readJournal(journal);
    member.size = () => statSync(journal, { throwIfNoEntry: false })?.size ?? 0;
    member.end = new Promise((resolve) => {
      child.once('error', resolve);
      child.once('close', resolve);
    }).then(() => {
      member.ended = true;
      if (member.killed || child.exitCode === 0) return;
      const how = child.signalCode ?? `exit code ${child.exitCode}`;
      this.fail(new Error(`${nameOf(member)} ended by itself (${how}): ${member.stderr.trim()}`));
    });
    this.members.push(member);
    return member;
  }

  /** Ends the scene with an error. */
  fail(error) {
    this.#broken.abort(error);
  }

  living(role) {
    return this.members.filter((one) => !one.ended && (role === undefined || one.role === role));
  }

  /** Waits until `holds()`. What nobody hinders has to come about. */
  async until(what, holds, describe = () => '', limit = patience) {
    let seen = -1;
    let waited = 0;
    let last = performance.now();
    for (;;) {
      this.#broken.signal.throwIfAborted();
      if (await holds()) return;
      const written = this.members.reduce((sum, member) => sum + member.size(), 0);
      const now = performance.now();
      // Where this process was given no time for long, the others may have been given none.
      waited = written === seen ? waited + Math.min(now - last, 1_000) : 0;
      last = now;
      seen = written;
      if (waited > limit) throw new Error(`in vain: ${what}. ${describe()}\n${this.look()}`);
      await delay(10);
    }
  }

  /** The time is over, and so is all that was done to the processes: nobody is stopped, and every seat was taken again. */
  async over(describe) {
    const left = Number(this.#deadline - process.hrtime.bigint()) / 1e6;
    await delay(Math.max(0, left));
    await this.until('the end of what was scheduled', () => this.#under.size === 0, describe);
  }

  /** Everyone of a role has ended by himself. */
  async ended(role, describe) {
    await this.until(
      `the end of every ${role ?? 'process'}`,
      () => this.living(role).length === 0,
      describe,
    );
    this.#broken.signal.throwIfAborted();
  }

  /** Where everyone stands, for people. */
  look() {
    return this.living()
      .map((one) => `  ${nameOf(one)}: ${lastWords(one.read())}; ${look(one.child.pid)}`)
      .join('\n');
  }

  /** Kills whoever is left, after an error. */
  async abandon() {
    this.fail(new Error('abandoned'));
    for (const { child } of this.living()) child.kill('SIGKILL');
    await Promise.all(this.members.map(({ end }) => end));
  }

  async #strike({ act, seat, worker, rest }) {
    const member = this.members.findLast((one) => one.seat === seat && !one.ended && !one.killed);
    if (member === undefined) return; // it died a moment ago, or is being started
    // An end of a pipe that nobody has taken yet is still its sender's: a kill before that would leave it with us.
    if (member.role === 'pipe' || member.role === 'party') await this.#begun(member);
    const children = member.role === 'pool' ? childrenOf(member.child.pid) : [];
    if (worker !== undefined)
      return this.#strikeWorker(act, children[worker % children.length], rest);
    if (member.ended || member.killed) return; // by another fault meanwhile
    if (act === 'stop') {
      member.child.kill('SIGSTOP');
      this.stops++;
      await delay(rest);
      member.child.kill('SIGCONT');
      return;
    }
    member.killed = true;
    member.child.kill('SIGKILL');
    this.kills++;
    await member.end;
    member.diedAt = millisecond(); // or before
    member.orphans = children;
    await delay(rest);
    if (!this.#broken.signal.aborted) await this.#restart(member);
  }

  async #strikeWorker(act, target, rest) {
    if (target === undefined || isGone(target)) return;
    process.kill(target.pid, act === 'stop' ? 'SIGSTOP' : 'SIGKILL');
    if (act === 'kill') {
      this.workerKills++;
      return;
    }
    this.stops++;
    await delay(rest);
    if (!isGone(target)) process.kill(target.pid, 'SIGCONT');
  }

  /** It is attached and at work, or has ended. */
  async #begun(member) {
    while (!isAtWork(member)) await delay(5);
  }

  #do(promise) {
    this.#under.add(promise);
    promise
      .catch((error) => this.fail(error))
      .finally(() => this.#under.delete(promise))
      .catch(() => {});
  }
}

/** It is attached, and has said so, or has ended. */
function isAtWork({ ended, size }) {
  return ended || size() > 0;
}

export function nameOf({ role, id, settings }) {
  return `${role} ${id} ${JSON.stringify(settings)}`;
}
