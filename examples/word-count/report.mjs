// What the program prints at its end.
import { totalOf } from './aggregate.mjs';

const columns = ['type', 'files', 'binary', 'bytes', 'lines', 'words'];
const shownTypes = 12;
const shownSkips = 5;

export function printTable(result, print) {
  const others = totalOf({ types: result.types.slice(shownTypes) });
  const rows = [columns, ...result.types.slice(0, shownTypes).map(cells)];
  if (others.files > 0) {
    rows.push(cells({ ...others, type: `${result.types.length - shownTypes} others` }));
  }
  rows.push(cells(totalOf(result)));

  const widths = columns.map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  for (const row of rows) {
    print(
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
        .join('  '),
    );
  }
}

function cells(row) {
  return columns.map((column) => (column === 'type' ? row.type : row[column].toLocaleString('en')));
}

export function printSkipped({ skipped }, print) {
  if (skipped.length === 0) return;
  print(`left out: ${skipped.length}`);
  for (const [path, reason] of skipped.slice(0, shownSkips)) print(`  ${path} (${reason})`);
  if (skipped.length > shownSkips) print(`  and ${skipped.length - shownSkips} more`);
}

export function printSpeeds(result, runs, print) {
  const { files, bytes } = totalOf(result);
  for (const { name, seconds, total } of runs) {
    const rates = `${Math.round(files / seconds)} files/s, ${(bytes / 1e6 / seconds).toFixed(1)} MB/s`;
    const around =
      total > seconds ? `, and ${(total - seconds).toFixed(2)} s to start and end them` : '';
    print(`${name.padEnd(24)} ${seconds.toFixed(2)} s, ${rates}${around}`);
  }
}
