/**
 * History as one SVG file that stands alone: no scripts, no fonts, nothing to load, so it can be put on a page or into a mail.
 * It takes the reader's dark or light theme. Host names come from a log and are escaped.
 */
import type { Sample } from '../../activity/active-window.ts';
import { countAxis, shortCount, timeTicks, type CountAxis } from './axis.ts';
import { dateRange, hasLowerBounds, largestCount, largestHosts, linePieces, lines, LOWER_BOUNDS } from './series.ts';
import type { HostHistory, LinePiece } from './series.ts';
import { countOf, isCovered, type Window } from '../metric-name.ts';
import { printable } from '../table.ts';
import { ALL_HOSTS, hostLabel } from '../total.ts';

export interface SvgOptions {
  /** IANA name of the zone of the dates. */
  readonly timezone: string;
  /** Hosts that get a panel: those with the most users. */
  readonly panels?: number;
}

const width = 960;
const panelHeight = 340;
const plot = { left: 64, right: width - 156, top: 64, bottom: panelHeight - 44 };
/** Least distance of two labels, above each other. */
const labelHeight = 18;

const style = `
  svg { background: #fff; color: #1f2328; font: 14px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', Arial, sans-serif; }
  text { fill: currentColor; }
  .host { font-size: 18px; font-weight: 600; }
  .faint { fill: #656d76; }
  .grid { stroke: #d1d9e0; }
  .d30 { stroke: #8250df; fill: #8250df; }
  .d7 { stroke: #0969da; fill: #0969da; }
  .d1 { stroke: #1a7f37; fill: #1a7f37; }
  path.line { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
  path.area { stroke: none; opacity: 0.08; }
  path.line.bound { opacity: 0.5; stroke-dasharray: 1 6; }
  path.area.bound { opacity: 0.03; }
  text.figure { stroke: none; font-weight: 600; }
  @media (prefers-color-scheme: dark) {
    svg { background: #0d1117; color: #e6edf3; }
    .faint { fill: #9198a1; }
    .grid { stroke: #30363d; }
    .d30 { stroke: #ab7df8; fill: #ab7df8; }
    .d7 { stroke: #4493f8; fill: #4493f8; }
    .d1 { stroke: #3fb950; fill: #3fb950; }
  }
`;

/** The file's text. Hosts beyond `panels` (6) are counted below the last panel. */
export function svg(samples: readonly Sample[], options: SvgOptions): string {
  const { shown, hidden } = largestHosts(samples, options.panels ?? 6);
  const notes = [
    ...(shown.length === 0 ? ['Nothing to draw: no user was seen.'] : []),
    ...(hasLowerBounds(shown) ? [LOWER_BOUNDS] : []),
    ...(hidden > 0 ? [`${hidden} ${hidden === 1 ? 'host' : 'hosts'} with fewer users not shown`] : []),
  ];
  const height = shown.length * panelHeight + notes.length * 40;
  const hosts = shown.flatMap(({ host }) => (host === ALL_HOSTS ? [] : [escape(host)])).join(', ');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>Active users${hosts === '' ? '' : ` of ${hosts}`}</title>`,
    `<style>${style}</style>`,
    ...shown.map((history, i) => `<g transform="translate(0 ${i * panelHeight})">\n${panel(history, options)}\n</g>`),
    ...notes.map(
      (note, i) => `<text class="faint" x="24" y="${shown.length * panelHeight + 24 + i * 40}">${note}</text>`,
    ),
    '</svg>\n',
  ].join('\n');
}

function panel(history: HostHistory, { timezone }: SvgOptions): string {
  const axis = countAxis(largestCount(history), 5);
  const range = dateRange(history, timezone).join(' \u2013 ');
  return [
    `<text class="host" x="24" y="36">${escape(shortened(hostLabel(history.host)))}</text>`,
    `<text class="faint" x="${width - 24}" y="36" text-anchor="end">${range}</text>`,
    ...countGrid(axis),
    ...timeMarks(history, timezone),
    ...lines.map(({ window }) => line(history, window, axis)),
    ...labels(history, axis),
  ].join('\n');
}

function countGrid(axis: CountAxis): string[] {
  return axis.ticks.flatMap((tick) => {
    const y = heightOf(tick, axis);
    return [
      `<path class="grid" d="M${plot.left} ${y}H${plot.right}"/>`,
      `<text class="faint" x="${plot.left - 10}" y="${y + 5}" text-anchor="end">${shortCount(tick)}</text>`,
    ];
  });
}

function timeMarks({ samples, latest }: HostHistory, timezone: string): string[] {
  const first = samples[0]?.at ?? latest.at;
  return timeTicks(first, latest.at, timezone, 12).flatMap(({ at, label }) => {
    const x = across((at - first) / Math.max(1, latest.at - first));
    return [
      `<path class="grid" d="M${x} ${plot.bottom}v6"/>`,
      `<text class="faint" x="${x}" y="${plot.bottom + 24}" text-anchor="middle">${label}</text>`,
    ];
  });
}

/** A line and the faint area below it, and apart from them those parts that are lower bounds. */
function line({ samples }: HostHistory, window: Window, axis: CountAxis): string {
  const pieces = linePieces(samples, window, plot.right - plot.left);
  const paths = (isWanted: boolean, name: string): string => {
    const wanted = pieces.filter(({ isCovered: covered }) => covered === isWanted);
    return wanted.length === 0 ? '' : pathsOf(wanted, name, axis);
  };
  return paths(false, `d${window} bound`) + paths(true, `d${window}`);
}

/** A piece of one sample is a dot, by the round ends of a line without length. */
function pathsOf(pieces: readonly LinePiece[], name: string, axis: CountAxis): string {
  const placed = pieces.map(({ points }) => points.map(({ x, value }) => ({ x: across(x), y: heightOf(value, axis) })));
  const stroke = placed.map(
    (points) => `M${points.map(({ x, y }) => `${x} ${y}`).join('L')}${points.length === 1 ? 'h0' : ''}`,
  );
  const area = placed.map((points) => {
    const [start, end] = [points[0]?.x ?? 0, points.at(-1)?.x ?? 0];
    return `M${start} ${plot.bottom}L${points.map(({ x, y }) => `${x} ${y}`).join('L')}L${end} ${plot.bottom}Z`;
  });
  return `<path class="area ${name}" d="${area.join('')}"/>\n<path class="line ${name}" d="${stroke.join('')}"/>\n`;
}

/** The latest figures beside the ends of their lines, moved apart where these lie close together. */
function labels({ latest }: HostHistory, axis: CountAxis): string[] {
  let above = plot.top - labelHeight;
  const placed = lines.map(({ window, label }, i) => {
    const lowest = plot.bottom - (lines.length - 1 - i) * labelHeight;
    above = Math.max(above + labelHeight, Math.min(heightOf(countOf(latest, window), axis) + 5, lowest));
    const atLeast = isCovered(latest, window) ? '' : '\u2265\u202f';
    return { window, y: above, text: `${label} ${atLeast}${countOf(latest, window)}` };
  });
  return placed.map(
    ({ window, y, text }) => `<text class="figure d${window}" x="${plot.right + 12}" y="${y}">${text}</text>`,
  );
}

function across(x: number): number {
  return tenth(plot.left + x * (plot.right - plot.left));
}

function heightOf(value: number, axis: CountAxis): number {
  return tenth(plot.bottom - (value / axis.top) * (plot.bottom - plot.top));
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}

function shortened(host: string): string {
  return host.length <= 60 ? host : `${host.slice(0, 59)}\u2026`;
}

/** For text between tags. Control characters are not allowed in XML at all, escaped or not. */
function escape(text: string): string {
  return printable(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
