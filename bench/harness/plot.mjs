// Plots as SVG, by hand: bars of contenders and lines of series, on logarithmic axes, because figures here differ by
// thousands. No script, no font that must be there, readable on white and on black.
import { number } from './format.mjs';

const width = 900;
const labels = 330;
const margin = 20;
const colours = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#e69f00',
  '#56b4e9',
  '#8c6d31',
  '#7f7f7f',
];
const oursColour = '#0072b2';
const peerColour = '#b0b0b0';
const controlColour = '#dddddd';

/** The text of an SVG file for a plot of `outcome.mjs` or `series.mjs`; `question` stands over it. */
export function svg(plot, question = '') {
  const head = [
    text(margin, 24, question, 'start', 'bold', 14),
    text(margin, 44, `${plot.title} [${plot.unit}], ${plot.better} is better, logarithmic`),
  ];
  return plot.kind === 'bars' ? bars(plot, head) : lines(plot, head);
}

function bars({ bars: all }, head) {
  const row = 24;
  const top = 68;
  const height = top + all.length * row + margin;
  const scale = logScale(
    all.map(({ value }) => value),
    labels,
    width - 90,
  );
  const parts = [...head];
  parts.push(grid(scale, top - 8, height - margin));
  for (const [i, { name, ours, control, value }] of all.entries()) {
    const y = top + i * row;
    const colour = ours ? oursColour : control ? controlColour : peerColour;
    parts.push(
      text(labels - 8, y + 13, name, 'end', ours ? 'bold' : 'normal'),
      rect(labels, y, Math.max(2, scale.at(value) - labels), row - 7, colour),
      text(Math.max(labels + 2, scale.at(value)) + 6, y + 13, number(value)),
    );
  }
  return document(height, parts);
}

function lines({ x, series }, head) {
  const height = 420;
  const [left, right, top, bottom] = [60, width - 320, 68, height - 48];
  const points = series.flatMap((one) => one.points);
  const horizontal = logScale(
    points.map(([value]) => value),
    left,
    right,
  );
  const vertical = logScale(
    points.map(([, value]) => value),
    bottom,
    top,
  );
  const parts = [...head];
  parts.push(grid(horizontal, top, bottom), gridAcross(vertical, left, right));
  parts.push(text((left + right) / 2, height - 12, x, 'middle'));
  for (const [i, { name, ours, points: own }] of series.entries()) {
    const colour = colours[i % colours.length];
    const path = own.map(([px, py]) => `${fixed(horizontal.at(px))},${fixed(vertical.at(py))}`);
    parts.push(
      `<polyline points="${path.join(' ')}" fill="none" stroke="${colour}" stroke-width="${ours ? 3 : 1.5}"${i >= colours.length ? ' stroke-dasharray="5 3"' : ''}/>`,
      ...path.map((at) => circle(at, colour)),
      rect(right + 16, top + i * 22 - 9, 14, 4, colour),
      text(right + 36, top + i * 22 - 2, name, 'start', ours ? 'bold' : 'normal'),
    );
  }
  return document(Math.max(height, top + series.length * 22 + margin), parts);
}

/** From `from` to `to` pixels, whole decades around all of `values`. */
function logScale(values, from, to) {
  const logs = values.map((value) => Math.log10(value));
  const low = Math.floor(Math.min(...logs) - 1e-9);
  const high = Math.max(low + 1, Math.ceil(Math.max(...logs) + 1e-9));
  return {
    at: (value) => from + ((Math.log10(value) - low) / (high - low)) * (to - from),
    ticks: Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i)),
  };
}

function grid(scale, top, bottom) {
  return scale.ticks
    .map((tick) => {
      const x = fixed(scale.at(tick));
      return `${line(x, top, x, bottom)}${text(x, bottom + 14, number(tick), 'middle', 'normal', 10)}`;
    })
    .join('\n');
}

function gridAcross(scale, left, right) {
  return scale.ticks
    .map((tick) => {
      const y = fixed(scale.at(tick));
      return `${line(left, y, right, y)}${text(left - 6, y + 4, number(tick), 'end', 'normal', 10)}`;
    })
    .join('\n');
}

const fixed = (value) => Number(value.toFixed(1));
const line = (x1, y1, x2, y2) =>
  `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="#8884" stroke-width="1"/>`;
const rect = (x, y, w, h, colour) =>
  `<rect x="${fixed(x)}" y="${fixed(y)}" width="${fixed(w)}" height="${h}" fill="${colour}"/>`;

function circle(at, colour) {
  const [x, y] = at.split(',');
  return `<circle cx="${x}" cy="${y}" r="3" fill="${colour}"/>`;
}

function text(x, y, content, anchor = 'start', weight = 'normal', size = 12) {
  return `<text x="${fixed(x)}" y="${fixed(y)}" text-anchor="${anchor}" font-weight="${weight}" font-size="${size}">${escaped(content)}</text>`;
}

function escaped(content) {
  return content.replace(
    /[&<>"]/g,
    (c) => `&${{ '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot' }[c]};`,
  );
}

function document(height, parts) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" fill="#444">
<rect width="100%" height="100%" fill="#fff"/>
${parts.join('\n')}
</svg>
`;
}
