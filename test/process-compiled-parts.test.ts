import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import type * as interproc from '../dist/index.js';
import { Pipe, Process, type ProcessOptions } from '../dist/index.js';
import { type PartsTold, tellParts } from './fixtures/compiled-parts.mjs';
import { run } from './helpers/process-script.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const module = new URL('fixtures/compiled-parts.mjs', import.meta.url);
const loaderOf = (library: string): string => path.join(library, 'dist/part-load.cjs');

type Library = Pick<typeof interproc, 'Pipe' | 'Process'>;

/** What a child says of the library that it has loaded. */
async function told(
  options: Partial<ProcessOptions> = {},
  library: Library = { Pipe, Process },
  folder = root,
): Promise<PartsTold> {
  const [here, there] = library.Pipe<PartsTold>();
  const child = new library.Process({
    target: tellParts,
    args: [there, loaderOf(folder)],
    module,
    ...options,
  } as ProcessOptions).start();
  const answer = await here.recv();
  await child.join();
  here.close();
  expect(child.exitcode).toBe(0);
  return answer;
}

/** The library once more, in files that can be changed. */
async function copyOfLibrary(): Promise<{ folder: string; library: Library }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'parts-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  cpSync(path.join(root, 'dist'), path.join(folder, 'dist'), { recursive: true });
  for (const name of ['build', 'node_modules', 'package.json', 'prebuilds'])
    symlinkSync(path.join(root, name), path.join(folder, name));
  const library = (await import(pathToFileURL(path.join(folder, 'dist/index.js')).href)) as Library;
  return { folder, library };
}

const boot = './part-boot.cjs';
const library = './part-library.cjs';

describe('what a process has compiled of the library', () => {
  it('goes to its children from the second on', async () => {
    const copy = await copyOfLibrary();
    const ask = () => told({}, copy.library, copy.folder);
    expect((await ask()).parts).toMatchObject({ [boot]: 'none', [library]: 'none' });
    expect((await ask()).parts).toMatchObject({ [boot]: false, [library]: false });
    expect((await ask()).parts).toMatchObject({ [boot]: false, [library]: false });
  });

  it('is refused by a child whose V8 has other flags, which compiles for itself', async () => {
    await told();
    const { parts } = await told({ execArgv: ['--no-opt'] });
    expect(parts).toMatchObject({ [boot]: true, [library]: true });
  });

  it('is not taken where the file has changed since, even at the same length', async () => {
    const copy = await copyOfLibrary();
    const ask = () => told({}, copy.library, copy.folder);
    await ask();
    await ask();
    const file = path.join(copy.folder, 'dist/part-library.cjs');
    const text = readFileSync(file, 'latin1');
    const changed = text.replace('The other end is closed', 'The other end is CLOSED');
    expect(changed).not.toBe(text);
    writeFileSync(file, changed, 'latin1');
    expect((await ask()).parts).toMatchObject({ [boot]: false, [library]: 'none' });
    appendFileSync(file, '\n');
    expect((await ask()).parts).toMatchObject({ [boot]: false, [library]: 'none' });
  });

  it('is compiled anew where the child got something else, or nothing, at the descriptor', async () => {
    await told();
    const program = `
      const { spawn } = process.getBuiltinModule('node:child_process');
      const { openSync } = process.getBuiltinModule('node:fs');
      const real = spawn;
      process.getBuiltinModule('node:child_process').spawn = (file, argv, options) => {
        const stdio = Array.isArray(options.stdio) ? [...options.stdio] : options.stdio;
        if (Array.isArray(stdio) && stdio.length > 3) {
          if (process.argv[2] === 'other') stdio[3] = openSync(process.argv[1], 'r');
          else stdio.pop();
        }
        return real(file, argv, { ...options, stdio });
      };
      const { Pipe, Process } = await import(process.argv[1]);
      const { tellParts } = await import(process.argv[3]);
      for (let n = 0; n < 2; n++) {
        const [here, there] = Pipe();
        new Process({ target: tellParts, args: [there, process.argv[4]], module: process.argv[3] }).start();
        const { parts } = await here.recv();
        console.log(Object.values(parts).join());
      }
    `;
    const index = path.join(root, 'dist/index.js');
    for (const instead of ['other', 'nothing']) {
      const args = [index, instead, module.href, loaderOf(root)];
      const { code, stdout, stderr } = await run(['--input-type=module', '-e', program, ...args]);
      expect({ code, stdout, stderr }).toEqual({
        code: 0,
        stdout: 'none,none,none\nnone,none,none\n',
        stderr: '',
      });
    }
  });

  it('leaves no descriptor in the child, nor in its children, and takes no place that is asked for', async () => {
    await told();
    const { files, grandchild } = await told();
    expect(files.filter((file) => /\/dev\/shm.*\(deleted\)/.test(file))).toEqual([]);
    const plain = execFileSync(
      process.execPath,
      ['-p', 'process.getBuiltinModule("fs").readdirSync("/proc/self/fd").join()'],
      { encoding: 'utf8' },
    );
    expect(grandchild.split(',').length).toBe(plain.split(',').length);
    const asked = await told({ stdio: ['ignore', 'inherit', 'inherit', 'pipe'] });
    expect(asked.parts).toMatchObject({ [library]: false });
    expect(asked.files.filter((file) => /^3 (socket|pipe)/.test(file))).toHaveLength(1);
  });

  it('is held in memory that nobody can write to any more', async () => {
    await told();
    await told();
    const held = execFileSync('sh', ['-c', `ls -l /proc/${process.pid}/fd`], { encoding: 'utf8' })
      .split('\n')
      .flatMap((line) => /(\d+) -> \/dev\/shm\/#\d+ \(deleted\)$/.exec(line)?.slice(1, 2) ?? [])
      .map((descriptor) => readFileSync(`/proc/${process.pid}/fdinfo/${descriptor}`, 'utf8'))
      .filter((info) => Number.parseInt(/flags:\s*(\d+)/.exec(info)?.[1] ?? '', 8) % 4 === 0);
    expect(held.length).toBeGreaterThan(0);
  });

  it('goes to the children of a worker thread, too', async () => {
    const program = `
      (async () => {
        const { Pipe, Process } = await import(${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)});
        const { tellParts } = await import(${JSON.stringify(module.href)});
        for (let n = 0; n < 2; n++) {
          const [here, there] = Pipe();
          const args = [there, ${JSON.stringify(loaderOf(root))}];
          const child = new Process({ target: tellParts, args, module: ${JSON.stringify(module.href)} }).start();
          const answer = await here.recv();
          await child.join();
          if (n === 1) process.getBuiltinModule('node:worker_threads').parentPort.postMessage(answer);
        }
      })();
    `;
    const worker = new Worker(program, { eval: true });
    const { parts } = await new Promise<PartsTold>((resolve, reject) => {
      worker.once('message', resolve).once('error', reject);
    });
    await worker.terminate();
    expect(parts).toMatchObject({ [boot]: false, [library]: false });
  });
});

describe('stack traces', () => {
  const script = `
    const { Queue } = await import(process.argv[1]);
    try { new Queue({ maxsiz: 1 }); } catch (error) { console.log(error.stack); }
  `;
  const stack = (...options: string[]) =>
    execFileSync(
      process.execPath,
      [...options, '--input-type=module', '-e', script, path.join(root, 'dist/index.js')],
      { encoding: 'utf8' },
    );

  it('name the file of a part and the line in it', () => {
    const [, file, line] = /at unknownOption \((.*\/part-boot\.cjs):(\d+):/.exec(stack()) ?? [];
    const text = readFileSync(file ?? '', 'utf8').split('\n')[Number(line) - 1];
    expect(text).toContain('TypeError(');
  });

  it('name the source with --enable-source-maps', () => {
    const [, file, line] =
      /at unknownOption \((.*\/lib\/argument-errors\.ts):(\d+):/.exec(
        stack('--enable-source-maps'),
      ) ?? [];
    const lines = readFileSync(file ?? '', 'utf8').split('\n');
    expect(lines.slice(Number(line) - 2, Number(line) + 1).join('\n')).toContain('TypeError(');
  });
});
