import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from './helpers/process-script.js';

const bench = fileURLToPath(new URL('../bench/run.mjs', import.meta.url));
const folder = mkdtempSync(path.join(os.tmpdir(), 'interproc-bench-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Question {
  readonly name: string;
  readonly seconds: number;
  readonly tables: readonly (readonly (readonly string[])[])[];
  readonly plots?: readonly unknown[];
  readonly failures: readonly string[];
}

function questionsIn(file: string): readonly Question[] {
  return (JSON.parse(readFileSync(file, 'utf8')) as { questions: readonly Question[] }).questions;
}

describe('the bench', () => {
  it('answers every question in its tiniest form, and writes table, figures and plots', async () => {
    const out = path.join(folder, 'results');
    const { code, stdout, stderr } = await run([bench, '--tiny', '--out', out]);
    expect(stderr).toBe('');
    expect(stdout).not.toContain('failed');
    expect(code).toBe(0);

    const questions = questionsIn(path.join(out, 'latest.json'));
    expect(questions.length).toBeGreaterThan(15);
    for (const { name, tables, failures } of questions) {
      expect(failures, name).toEqual([]);
      expect(tables.length, name).toBeGreaterThan(0);
      for (const [head, ...rows] of tables) {
        expect(rows.length, name).toBeGreaterThan(0);
        for (const row of rows) expect(row.length, `${name}: ${row[0]}`).toBe(head?.length);
      }
    }
    const plots = readdirSync(out).filter((name) => name.endsWith('.svg'));
    expect(plots).toHaveLength(questions.flatMap((question) => question.plots ?? []).length);
    for (const plot of plots) {
      const text = readFileSync(path.join(out, plot), 'utf8');
      expect(text, plot).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
      expect(text, plot).not.toMatch(/NaN|undefined|Infinity/);
    }
    const page = readFileSync(path.join(out, 'latest.md'), 'utf8');
    for (const plot of plots) expect(page).toContain(`](${plot})`);
    expect(page).not.toMatch(/NaN|undefined/);
  }, 300_000);

  it('goes on where a run was stopped, and asks nothing again', async () => {
    const json = path.join(folder, 'stopped.json');
    const only = (name: string) => [bench, '--tiny', '--json', json, '--only', name];
    expect((await run(only('array-access'))).code).toBe(0);
    const [first] = questionsIn(json);
    expect((await run([...only('array-access'), '--only', 'locks', '--resume'])).code).toBe(0);
    const questions = questionsIn(json);
    expect(questions.map(({ name }) => name)).toEqual(['array-access', 'locks']);
    expect(questions[0]).toEqual(first);
  }, 120_000);

  it('refuses a question that there is not, and names those that there are', async () => {
    const { code, stderr } = await run([bench, '--tiny', '--only', 'speed']);
    expect(code).toBe(2);
    expect(stderr).toContain('no such question: speed (there are limits, round-trip,');
  });
});
