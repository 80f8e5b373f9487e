// Numbers for people: three digits, a unit once in the head of the table.

/** Three digits; `-` for what is not there. */
export function number(value) {
  if (!Number.isFinite(value)) return '-';
  const size = Math.abs(value);
  if (size >= 1e9) return `${digits(value / 1e9)} G`;
  if (size >= 1e6) return `${digits(value / 1e6)} M`;
  if (size >= 1e4) return `${digits(value / 1e3)} k`;
  return digits(value);
}

function digits(value) {
  const size = Math.abs(value);
  return value.toFixed(size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= 0.9995 ? 2 : 3);
}

export function ratio(value) {
  return Number.isFinite(value) ? `${digits(value)} x` : '-';
}

/** Columns padded to the same width, the first to the left, the others to the right. */
export function textTable(rows) {
  const widths = widthsOf(rows);
  return rows
    .map((row) =>
      row
        .map((cell, i) => pad(cell, widths[i], i))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export function markdownTable([head, ...rows]) {
  const widths = widthsOf([head, ...rows]);
  const line = (cells) => `| ${cells.map((cell, i) => pad(cell, widths[i], i)).join(' | ')} |`;
  const rule = widths.map((width, i) =>
    i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [line(head), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n');
}

function widthsOf(rows) {
  return rows[0].map((_, i) => Math.max(3, ...rows.map((row) => row[i].length)));
}

function pad(cell, width, column) {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}
