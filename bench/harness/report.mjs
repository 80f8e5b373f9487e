// The results as text while they come, and as files at the end.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { markdownTable, textTable } from './format.mjs';
import { machineLine } from './machine.mjs';

export function printQuestion({ title, tables, marks, failures, seconds }, print) {
  print(`\n== ${title} (${seconds.toFixed(0)} s)`);
  for (const table of tables) print(`\n${textTable(table)}`);
  for (const failure of failures) print(`failed: ${failure}`);
  if (marks.length > 0) print('');
  for (const mark of marks) print(markLine(mark));
}

export function markLine({ text, reached, wanted, met }) {
  return `${met ? 'reached' : 'MISSED '}  ${text}: ${reached} (${wanted})`;
}

export function markdown({ machine, date, seconds, questions }) {
  const parts = [
    '# Benchmark results',
    `${date}, ${seconds.toFixed(0)} s. ${machineLine(machine)}.`,
    'How each figure is taken, and what would make it lie: [../README.md](../README.md). A column `vs` says how many times better the row is.',
    '## Marks',
    questions.flatMap(({ marks }) => marks.map((mark) => `* ${markLine(mark)}`)).join('\n'),
    ...questions.flatMap(({ title, tables, failures }) => [
      `## ${title}`,
      ...tables.map(markdownTable),
      ...failures.map((failure) => `Failed: ${failure}`),
    ]),
  ];
  return `${parts.join('\n\n')}\n`;
}

export function writeFile(file, text) {
  mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  writeFileSync(file, text);
}
