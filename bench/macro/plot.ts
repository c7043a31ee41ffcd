/** A curve on logarithmic axes as SVG, for the documents. */

export interface Series {
  readonly name: string;
  readonly values: readonly number[];
}

const width = 640;
const height = 360;
const margin = { left: 70, right: 170, top: 40, bottom: 50 };
const colours = ['#1b6ca8', '#c44536', '#3a7d44', '#8e5ea2', '#d08700', '#5c6670'];

/** `xs` and all values are positive. */
export function curve(title: string, xs: readonly number[], series: readonly Series[]): string {
  const x = axis(xs, margin.left, width - margin.right);
  const y = axis(series.flatMap((one) => one.values), height - margin.bottom, margin.top);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="white"/>`, `<text x="${margin.left}" y="22" font-size="14">${escaped(title)}</text>`,
  ];
  for (const tick of x.ticks) parts.push(`<line x1="${x.at(tick)}" x2="${x.at(tick)}" y1="${margin.top}" y2="${height - margin.bottom}" stroke="#ddd"/>`, `<text x="${x.at(tick)}" y="${height - margin.bottom + 18}" text-anchor="middle">${label(tick)}</text>`);
  for (const tick of y.ticks) parts.push(`<line x1="${margin.left}" x2="${width - margin.right}" y1="${y.at(tick)}" y2="${y.at(tick)}" stroke="#ddd"/>`, `<text x="${margin.left - 6}" y="${y.at(tick) + 4}" text-anchor="end">${label(tick)}</text>`);
  series.forEach((one, i) => {
    const colour = colours[i % colours.length]!;
    parts.push(`<polyline fill="none" stroke="${colour}" stroke-width="2" points="${one.values.map((value, j) => `${x.at(xs[j]!)},${y.at(value)}`).join(' ')}"/>`);
    one.values.forEach((value, j) => parts.push(`<circle cx="${x.at(xs[j]!)}" cy="${y.at(value)}" r="3" fill="${colour}"/>`));
    parts.push(`<text x="${width - margin.right + 12}" y="${margin.top + 16 * i + 10}" fill="${colour}">${escaped(one.name)}</text>`);
  });
  return `${parts.join('\n')}\n</svg>\n`;
}

interface Axis {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

/** Powers of ten around the values; `from` and `to` in pixels. */
function axis(values: readonly number[], from: number, to: number): Axis {
  const logs = values.filter((value) => value > 0).map(Math.log10);
  const low = Math.floor(Math.min(...logs));
  const high = Math.max(low + 1, Math.ceil(Math.max(...logs)));
  const ticks = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
  return { at: (value) => Math.round((from + ((Math.log10(Math.max(value, 10 ** low)) - low) / (high - low)) * (to - from)) * 10) / 10, ticks };
}

function label(value: number): string {
  if (value >= 1e6) return `${value / 1e6} M`;
  return value >= 1e3 ? `${value / 1e3} k` : String(Number(value.toPrecision(2)));
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
