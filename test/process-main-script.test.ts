import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixture, run, sweepAfterwards } from './helpers/process-script.js';

const script = fixture('process-main.mjs');
const library = new URL('../dist/index.js', import.meta.url).href;

sweepAfterwards();

describe('the main script', () => {
  it('is the module of a target, and what process.argv names in the child', async () => {
    const { code, stdout } = await run([script, 'describe', 'more']);
    expect(code).toBe(0);
    const { main, seen, tree } = JSON.parse(stdout);
    expect(seen).toEqual({
      name: 'Process-1',
      isMainProcess: false,
      parent: { name: 'MainProcess', pid: main, alive: true },
      argv: [script, 'describe', 'more'],
    });
    expect(tree).toEqual(['Process-2', 'Process-2:1', 'Process-2:2', 'Process-2:2:1']);
  });

  it('may be named without its ending', async () => {
    const plain = fixture('process-plain');
    const { code, stdout, stderr } = await run([plain]);
    expect([code, stdout, stderr]).toEqual([0, 'done: Process-1\n', '']);
    const { stdout: again } = await run([path.basename(plain)], '', path.dirname(plain));
    expect(again).toBe('done: Process-1\n');
  });

  it.each(['top', 'async'])(
    'that starts children unguarded is told so, and starts none in turn: %s',
    async (where) => {
      const { code, stdout, stderr } = await run([fixture('process-unguarded.mjs'), where]);
      expect([code, stdout]).toEqual([0, 'exitcode 1\n']);
      expect(stderr).toContain('ERR_BOOTSTRAPPING');
      expect(stderr).toContain('isMainProcess');
    },
  );

  it.each([
    ['--eval', ['--input-type=module', '-e'], ''],
    ['--eval of CommonJS', ['-e'], ''],
    ['standard input', ['--input-type=module', '-'], 'stdin'],
  ])('is missing under %s, which the error says', async (_, args, input) => {
    const source = `
      import('${library}').then(({ Process }) => {
        try { new Process({ target: function work() {} }); } catch (error) {
          console.log(error.code, error.message.includes('main script'));
        }
      });`;
    const ran = await run(input === '' ? [...args, source, script] : args, input && source);
    expect(ran.stdout).toBe('ERR_TARGET_NOT_EXPORTED true\n');
  });

  it('under --eval runs the targets of a module that is named', async () => {
    const source = `
      const { Process } = await import('${library}');
      const module = ${JSON.stringify(fixture('process-targets.mjs'))};
      const { exitWith } = await import(module);
      const child = new Process({ target: exitWith, args: [6], module }).start();
      await child.join();
      console.log(child.exitcode);`;
    const { stdout, stderr } = await run(['--input-type=module', '-e', source]);
    expect([stdout, stderr]).toEqual(['6\n', '']);
  });

  it('that leaves by process.exit right after start() does not take the arguments along', async () => {
    const { code, stdout, stderr } = await run([script, 'leave']);
    expect([code, stderr]).toEqual([5, '']);
    expect(stdout).toBe('kept\n');
  });

  it('may be killed: a child that runs learns of it, one that has no arguments yet says so', async () => {
    const running = await run([script, 'orphan']);
    expect([running.signal, running.stdout]).toEqual(['SIGKILL', 'alive\nalone\n']);
    const booting = await run([script, 'die']);
    expect([booting.signal, booting.stdout]).toEqual(['SIGKILL', '']);
    expect(booting.stderr).toContain('ended before this one had its arguments');
  });

  it('that just ends waits for its children', async () => {
    const { code, stdout } = await run([script, 'end']);
    expect([code, stdout]).toEqual([0, 'kept\n']);
  });

  it('runs its children without the inspector', async () => {
    const { code, stdout, stderr } = await run(['--inspect=0', script, 'end']);
    expect([code, stdout]).toEqual([0, 'kept\n']);
    expect(stderr.match(/Debugger listening/g)).toHaveLength(1);
  });
});
