import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const dist = new URL('../dist/', import.meta.url);
const index = fileURLToPath(new URL('index.js', dist));

/** What a new process says that runs this with the library's URL as its argument. */
function answerOf(script: string): unknown {
  const args = ['--input-type=module', '-e', script, index];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
}

it('importing the library loads no modules of Node.js that few programs need', () => {
  const loaded = answerOf(`
    const before = new Set(process.moduleLoadList);
    await import(process.argv[1]);
    const loaded = process.moduleLoadList.filter((name) => !before.has(name));
    process.getBuiltinModule('node:fs').writeSync(1, JSON.stringify(loaded));
  `) as string[];
  expect(loaded).toContain('NativeModule os');
  for (const name of ['stream', 'worker_threads', 'v8', 'net', 'tls', 'crypto', 'child_process'])
    expect(loaded).not.toContain(`NativeModule ${name}`);
});

it('the addon is found where it usually is, without a search', () => {
  const [required, mapped] = answerOf(`
    import { createRequire } from 'node:module';
    import { readFileSync } from 'node:fs';
    await import(process.argv[1]);
    const required = Object.keys(createRequire(process.argv[1]).cache);
    const mapped = readFileSync('/proc/self/maps', 'utf8').match(/\\/\\S+\\.node$/gm);
    console.log(JSON.stringify([required, mapped]));
  `) as [string[], string[]];
  expect(required).toEqual([createRequire(import.meta.url).resolve('../dist/part-load.cjs')]);
  const addon = createRequire(import.meta.url).resolve('../build/Release/interproc.node');
  expect(new Set(mapped)).toEqual(new Set([addon]));
});

it('a worker thread knows that it is none of the main ones', () => {
  const script = `
    const addon = process.argv[1].replace('index.js', 'addon.js');
    const ask = (addon) => Promise.all([import('node:worker_threads'), import(addon)]).then(
      ([threads, { binding }]) => [threads.isMainThread, binding.isMainThread()],
    );
    const { Worker } = await import('node:worker_threads');
    const there = \`
      (\${ask})(\${JSON.stringify(addon)})
        .then((answer) => process.getBuiltinModule('node:worker_threads').parentPort.postMessage(answer));
    \`;
    const here = await ask(addon);
    new Worker(there, { eval: true }).once('message', (answer) => console.log(JSON.stringify([here, answer])));
  `;
  expect(answerOf(script)).toEqual([
    [true, true],
    [false, false],
  ]);
});

it('what a program loads is ASCII, which V8 holds in a byte for each character, and has no comments', () => {
  const files = readdirSync(dist).filter((name) =>
    /^(index\.js|bootstrap\.cjs|part-.*\.cjs)$/.test(name),
  );
  expect(files).toEqual(expect.arrayContaining(['index.js', 'bootstrap.cjs', 'part-library.cjs']));
  for (const name of files) {
    const text = readFileSync(new URL(name, dist), 'latin1');
    expect(text).toMatch(/^[\0-\x7f]*$/);
    expect(text).not.toMatch(/^\s*\/\*\*/m);
  }
});
