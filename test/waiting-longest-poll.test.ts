import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const script = `
  const { binding } = await import(process.argv[1]);
  const { Pipe } = await import(process.argv[2]);
  const [a, b] = Pipe();
  const received = b.recv();
  setTimeout(() => a.sendSync('there'), 5);
  console.log(JSON.stringify([binding.longestPoll(), await received]));
  a.close();
  b.close();`;

/** What a process with this INTERPROC_POLL says of the longest poll, in microseconds, and what it receives. */
function run(setting: string | undefined, ...before: string[]): unknown {
  const files = ['addon.js', 'index.js'].map((file) =>
    fileURLToPath(new URL(`../dist/${file}`, import.meta.url)),
  );
  const [program = '', ...args] = [
    ...before,
    process.execPath,
    '--input-type=module',
    '-e',
    script,
  ];
  const env = { ...process.env, INTERPROC_POLL: setting };
  return JSON.parse(execFileSync(program, [...args, ...files], { env, encoding: 'utf8' }));
}

it('INTERPROC_POLL bounds how long a wait polls before it sleeps; what is no number of microseconds changes nothing', () => {
  expect(run('0')).toEqual([0, 'there']);
  expect(run('20')).toEqual([20, 'there']);
  for (const usual of [undefined, '', 'much', '-1', '20us', '1e3', '99999999999999999999', '6000'])
    expect(run(usual)).toEqual([5000, 'there']);
});

it('nobody polls where there is one CPU', () => {
  expect(run(undefined, 'taskset', '-c', '0')).toEqual([0, 'there']);
});
