import { describe, expect, it } from 'vitest';
import { ProcessError, Queue } from '../dist/index.js';
import * as targets from './fixtures/process-targets.mjs';
import { throws } from './helpers/failures.js';
import { own } from './helpers/owned.js';
import { child } from './helpers/process-owned.js';
import { fixture, run, runs, startScript } from './helpers/process-script.js';
import { until } from './helpers/time.js';

const script = fixture('process-daemon-parent.mjs');

describe('a daemon', () => {
  it.each(['waitForEver', 'blockForEver', 'ignoreTerm'])(
    'ends when its parent is killed: %s',
    async (target) => {
      const { child: parent, line } = await startScript([script, target, 'stay']);
      const daemon = Number(line);
      expect(runs(daemon)).toBe(true);
      parent.kill('SIGKILL');
      await until(() => !runs(daemon));
    },
  );

  it('neither keeps its parent alive nor outlives it', async () => {
    const { code, stdout } = await run([script, 'waitForEver', 'return']);
    expect(code).toBe(0);
    await until(() => !runs(Number(stdout)));
  });

  it('keeps its parent alive while somebody joins it', async () => {
    const { code, stdout } = await run([script, 'exitSoon', 'join']);
    expect([code, stdout.trim().split('\n').at(-1)]).toEqual([0, 'joined 0']);
  });

  it('ends when its parent calls process.exit or fails', async () => {
    for (const [how, expected] of [
      ['exit', 3],
      ['fail', 1],
    ] as const) {
      const { code, stdout } = await run([script, 'waitForEver', how]);
      expect(code).toBe(expected);
      await until(() => !runs(Number(stdout)));
    }
  });

  it('may have no children, and knows what it is', async () => {
    const queue = own(new Queue<unknown>());
    await child(targets.tryToHaveChildren, [queue], { daemon: true }).start().join();
    expect(queue.getNowait()).toBe('ERR_PROCESS_DAEMON');
    await child(targets.describeSelf, [queue], { daemon: true }).start().join();
    expect(queue.getNowait()).toMatchObject({ daemon: true });
  });

  it('is decided before the start', async () => {
    const process = child(targets.nothing);
    expect(process.daemon).toBe(false);
    process.daemon = true;
    expect(process.daemon).toBe(true);
    throws(() => Object.assign(process, { daemon: 1 }), TypeError, 'ERR_INVALID_ARG_TYPE');
    process.start();
    throws(() => Object.assign(process, { daemon: false }), ProcessError, 'ERR_PROCESS_STARTED');
    await process.join();
  });
});
