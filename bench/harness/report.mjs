// The results as text while they come, and as files: results/NAME.json, NAME.md and a plot for each table.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { markdownTable, textTable } from './format.mjs';
import { machineLine } from './machine.mjs';
import { svg } from './plot.mjs';

export function printQuestion({ title, tables, marks, failures, missing = [], seconds }, print) {
  print(`\n== ${title} (${seconds.toFixed(0)} s)`);
  for (const table of tables) print(`\n${textTable(table)}`);
  for (const failure of failures) print(`failed: ${failure}`);
  for (const one of missing) print(`not installed: ${one}`);
  if (marks.length > 0) print('');
  for (const mark of marks) print(markLine(mark));
}

export function markLine({ text, reached, wanted, met }) {
  const state = met === null ? 'NOT MEASURED' : met ? 'reached' : 'MISSED ';
  return `${state}  ${text}: ${reached} (${wanted})`;
}

/** The marks of all questions, the missed ones last, where they are seen. */
export function printMarks(questions, print) {
  const marks = questions.flatMap((question) => question.marks);
  if (marks.length === 0) return;
  const reached = marks.filter(({ met }) => met);
  print(`\n== Marks: ${reached.length} of ${marks.length} reached\n`);
  for (const mark of [...reached, ...marks.filter(({ met }) => !met)]) print(markLine(mark));
}

function markRows(questions) {
  return [
    ['mark', 'reached', 'wanted', ''],
    ...questions.flatMap(({ marks }) =>
      marks.map(({ text, reached, wanted, met }) => [
        text,
        reached,
        wanted,
        met === null ? 'not measured' : met ? 'yes' : '**no**',
      ]),
    ),
  ];
}

/** A file's name for each plot: the question's, and a number. */
function plotFiles({ name, plots = [] }) {
  return plots.map((plot, i) => ({ plot, file: `${name}-${i + 1}.svg` }));
}

export function markdown({ machine, date, seconds, form, questions }) {
  const parts = [
    '# Benchmark results',
    `${date}, ${seconds.toFixed(0)} s, the ${form} form. ${machineLine(machine)}.`,
    'How each figure is taken, and what would make it lie: [../README.md](../README.md). A column `X is` says how many times better X is than the row; below 1 it loses.',
    '## Marks',
    markdownTable(markRows(questions)),
    ...questions.flatMap((question) => [
      `## ${question.title}`,
      ...question.tables.map(markdownTable),
      ...question.failures.map((failure) => `Failed: ${failure}`),
      ...(question.missing ?? []).map((one) => `Not installed: ${one}`),
      plotFiles(question)
        .map(({ plot, file }) => `![${plot.title}](${file})`)
        .join('\n'),
    ]),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** Writes `latest.json`, `latest.md` and the plots into `folder`. */
export function writeResults(folder, result) {
  writeFile(path.join(folder, 'latest.json'), `${JSON.stringify(result, null, 1)}\n`);
  writeFile(path.join(folder, 'latest.md'), markdown(result));
  for (const question of result.questions) {
    for (const { plot, file } of plotFiles(question)) {
      writeFile(path.join(folder, file), svg(plot, question.title));
    }
  }
}

export function writeFile(file, text) {
  mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  writeFileSync(file, text);
}
