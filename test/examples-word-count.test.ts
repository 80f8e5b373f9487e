import { spawnSync } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  constants,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runExample } from './helpers/run-example.js';

const program = 'word-count/main.mjs';

interface Counts {
  readonly bytes: number;
  readonly lines: number;
  readonly words: number;
}
interface Result {
  readonly types: readonly (Counts & { readonly type: string; readonly files: number })[];
  readonly skipped: readonly (readonly [string, string])[];
}

async function load<T>(file: string): Promise<T> {
  return (await import(new URL(`../examples/word-count/${file}`, import.meta.url).href)) as T;
}

let folder: string;
const at = (name: string): string => path.join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'interproc-word-count-'));
});
afterEach(() => {
  spawnSync('chmod', ['-R', 'u+rwx', folder]);
  rmSync(folder, { recursive: true, force: true });
});

/** The rows of the printed table, by type: files, binary, bytes, lines, words. */
function tableIn(out: string): Record<string, number[]> {
  const rows = out.split('\n').map((line) => line.trimEnd().split(/ {2,}/));
  const cells = rows.filter(
    (row) => row.length === 6 && row.slice(1).every((cell) => /^[\d,]+$/.test(cell)),
  );
  return Object.fromEntries(
    cells.map(([type, ...numbers]) => [
      type,
      numbers.map((cell) => Number(cell.replaceAll(',', ''))),
    ]),
  );
}

function readable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

describe('word-count', () => {
  it('counts awkward files right, in many processes as in one', async () => {
    mkdirSync(at('sub/deeper'), { recursive: true });
    writeFileSync(at('a.txt'), 'one two\nthree\n');
    writeFileSync(at('b.TXT'), 'no line feed at the end');
    writeFileSync(at('empty.txt'), '');
    writeFileSync(at('sub/large.txt'), 'a word across blocks '.repeat(50_000));
    writeFileSync(at('sub/deeper/code.js'), 'let x = 1;\r\n\tlet y;\n');
    writeFileSync(at('all.bin'), Buffer.from(Array.from({ length: 256 }, (_, i) => i)));
    writeFileSync(at('README'), 'word\n');
    writeFileSync(at('.hidden'), 'another word\n');
    writeFileSync(at('odd\nname.__proto__'), 'x y z');
    symlinkSync('.', at('loop'));
    symlinkSync('a.txt', at('link.txt'));
    symlinkSync('nowhere', at('dangling'));
    expect(spawnSync('mkfifo', [at('fifo')]).status).toBe(0);

    const { code, out, err, left } = await runExample(program, [folder]);
    expect(err).toBe('');
    expect(tableIn(out)).toEqual({
      '.txt': [4, 0, 14 + 23 + 0 + 1_050_000, 2, 3 + 6 + 0 + 200_000],
      '.js': [1, 0, 20, 2, 6],
      '.bin': [1, 1, 256, 0, 0],
      '(none)': [2, 0, 18, 2, 3],
      '.__proto__': [1, 0, 5, 0, 3],
      all: [9, 1, 1_050_336, 6, 200_021],
    });
    expect(out).toContain('left out: 4');
    expect(out).toContain('loop (symbolic link)');
    expect(out).toContain('fifo (special)');
    expect(out).toContain('results identical');
    expect(code).toBe(0);
    expect(left).toEqual([]);
  });

  it('names what it may not read, and goes on', async () => {
    mkdirSync(at('locked'));
    writeFileSync(at('good.txt'), 'fine\n');
    writeFileSync(at('secret.txt'), 'secret\n');
    writeFileSync(at('locked/inside.txt'), 'inside\n');
    chmodSync(at('secret.txt'), 0);
    chmodSync(at('locked'), 0);
    // An administrator may read everything.
    const files = readable(at('secret.txt')) ? 3 : 1;

    const { code, out } = await runExample(program, [folder]);
    expect(tableIn(out)['.txt']?.[0]).toBe(files);
    if (files === 1) expect(out).toMatch(/left out: 2\n.*\(EACCES\)\n.*\(EACCES\)/);
    expect(out).toContain('results identical');
    expect(code).toBe(0);
  });

  it('says so when there are no files', async () => {
    const { code, out, left } = await runExample(program, [folder]);
    expect(out).toContain(`no files in ${folder}`);
    expect(out).toContain('results identical');
    expect(code).toBe(0);
    expect(left).toEqual([]);
  });

  it('refuses what is no directory, with exit code 2', async () => {
    writeFileSync(at('file.txt'), '');
    for (const name of [at('missing'), at('file.txt')]) {
      const { code, out, err } = await runExample(program, [name]);
      expect(err).toBe(`word-count: ${name}: no such directory\n`);
      expect(out).toBe('');
      expect(code).toBe(2);
    }
  });

  it('fails with exit code 3 when one of its processes is killed', async () => {
    for (let i = 0; i < 300; i++) writeFileSync(at(`${i}.txt`), 'some words\n'.repeat(1_000));
    let killed = 0;
    let timer: NodeJS.Timeout | undefined;
    const { code, err, left } = await runExample(program, [folder], (pid) => {
      timer = setInterval(() => {
        try {
          const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
          const last = children.split(' ').at(-1);
          if (!last || killed > 0) return;
          process.kill(Number(last), 'SIGKILL');
          killed++;
        } catch {
          // It has ended already: the checks below say whether that was right.
        }
      }, 1);
    });
    clearInterval(timer);
    expect(killed).toBe(1);
    expect(err).toMatch(/^word-count: Error: .* ended with -9/);
    expect(code).toBe(3);
    expect(left).toEqual([]);
  });
});

describe('the modules of word-count', () => {
  it('leave out a file that cannot be opened, with the reason', async () => {
    const { countFiles } = await load<{
      countFiles(files: string[]): { toPlain(): Result };
    }>('count.mjs');
    const { types, skipped } = countFiles([at('missing.txt'), folder]).toPlain();
    expect(types).toEqual([]);
    expect(Object.fromEntries(skipped)).toEqual({
      [at('missing.txt')]: 'ENOENT',
      [folder]: 'EISDIR',
    });
  });

  it('tell two results apart', async () => {
    const { differences } = await load<{
      differences(one: Result, other: Result): string[];
    }>('single.mjs');
    const row = { type: '.txt', files: 1, binary: 0, bytes: 5, lines: 1, words: 1 };
    const result = { types: [row], skipped: [] };
    expect(differences(result, structuredClone(result))).toEqual([]);
    expect(differences(result, { types: [{ ...row, words: 2 }], skipped: [] })).toHaveLength(1);
    expect(differences(result, { types: [row], skipped: [['x', 'ENOENT']] })).toEqual([
      'x: together undefined, alone "ENOENT"',
    ]);
  });
});
