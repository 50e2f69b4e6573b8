/**
 * Counts as one HTML file that stands for itself: data, charts (uPlot) and style are in it, and its Content-Security-Policy forbids
 * every request, and every script but these.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Sample } from '../activity/active-window.ts';
import { arrivalsTable, type ArrivalDays } from './arrivals-table.ts';
import { pageData } from './page-data.ts';

export interface HtmlOptions {
  /** IANA name, of the times that are shown. */
  readonly timezone: string;
  /** Of the program. */
  readonly version: string;
  /** When it is made, unix seconds. */
  readonly now: number;
  /** Who came each day, where that is known. */
  readonly arrivals?: ArrivalDays;
}

/** `groups`: the samples of one instant each, in the order of time; there are some. @throws the error of the system */
export function htmlReport(groups: readonly (readonly Sample[])[], options: HtmlOptions): string {
  const { timezone, version, now, arrivals = new Map() } = options;
  const uplot = dirname(createRequire(import.meta.url).resolve('uplot'));
  const style = `${readFileSync(join(uplot, 'uPlot.min.css'), 'utf8').trim()}\n${STYLE}`;
  const charts = readFileSync(join(uplot, 'uPlot.iife.min.js'), 'utf8').trim();
  const page = readFileSync(new URL('../report/page/page.js', import.meta.url), 'utf8');
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(charts)} ${hashOf(page)}`,
    `style-src ${hashOf(style)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Active users</title>
<style>${style}</style>
</head>
<body>
${BODY}
${arrivalsTable(groups, arrivals)}
</main>
<footer>xmpp-active-users ${version}, ${new Date(now * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC</footer>
<script type="application/json" id="data">${embedded(pageData(groups, timezone))}</script>
<script>${charts}</script>
<script type="module">${page}</script>
</body>
</html>
`;
}

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Within a script no host can end it. */
const embedded = (data: object): string => JSON.stringify(data).replaceAll('<', '\\u003c');

const chart = (id: string, title: string, describedBy: string): string =>
  `<section aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
<div id="${id}" class="chart" tabindex="0" role="application" aria-labelledby="${id}-title" aria-describedby="${describedBy}"></div>
</section>`;

const BODY = `<header>
<h1>Active users</h1>
<p id="shown"></p>
<p id="how">Drag to zoom, double-click for all; with the keyboard arrows read values, + and - zoom, Home shows all.
Shaded: the logs do not cover the 30 days before, so counts are lower bounds (≥).</p>
<fieldset id="hosts"><legend>Hosts</legend></fieldset>
<div class="ranges" role="group" aria-label="Range"><button data-days="7">week</button> <button data-days="30">month</button> <button data-days="365">year</button> <button data-days="100000">all</button></div>
</header>
<main>
<p id="said" aria-live="polite" class="said"></p>
${chart('active', 'Active users of the last 1, 7 and 30 days', 'how')}
${chart('online', 'Users online', 'how')}
${chart('sticky', 'Stickiness: users of a day among those of 30 days', 'how')}
<section aria-labelledby="heat-title">
<h2 id="heat-title">Users online by weekday and hour, mean</h2>
<div class="wide"><table id="heat"></table></div>
</section>
<section aria-labelledby="table-title">
<h2 id="table-title">At the end of the range (least to most)</h2>
<div class="wide"><table id="table"></table></div>
</section>`;

const LIGHT = `--text: #1f2328; --back: #ffffff; --grid: #d0d7de; --uncovered: #f0e6c8; --warm: #bf3989;
--d1: #0969da; --d7: #1a7f37; --d30: #8250df; --online: #bc4c00; --sticky: #0969da;`;
const DARK = `--text: #e6edf3; --back: #0d1117; --grid: #30363d; --uncovered: #3a3216; --warm: #db61a2;
--d1: #58a6ff; --d7: #3fb950; --d30: #ab7df8; --online: #f0883e; --sticky: #58a6ff;`;

const STYLE = `:root { ${LIGHT} }
@media screen and (prefers-color-scheme: dark) { :root { ${DARK} } }
body { margin: 1rem auto; max-width: 75rem; padding: 0 1rem; font: 15px/1.45 system-ui, sans-serif; color: var(--text); background: var(--back); }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin: 1.5rem 0 .5rem; }
fieldset { border: 1px solid var(--grid); display: flex; flex-wrap: wrap; gap: .25rem 1rem; }
.ranges { margin: .75rem 0; } button { font: inherit; padding: .2rem .8rem; }
.chart:focus-visible { outline: 2px solid var(--d1); }
.said { position: absolute; left: -100vw; }
.wide { overflow-x: auto; } table { border-collapse: collapse; }
th, td { padding: .15rem .4rem; text-align: right; font-weight: normal; font-variant-numeric: tabular-nums; }
th[scope=row] { text-align: left; } #arrivals td { white-space: nowrap; }
#heat td { background: color-mix(in srgb, var(--warm) var(--heat, 0%), transparent); font-size: .8rem; min-width: 1.6rem; }
.u-legend { color: var(--text); text-align: left; }
footer { margin: 2rem 0; opacity: .7; }
@media print { .ranges, #how, fieldset { display: none; } section { break-inside: avoid; } #heat td { print-color-adjust: exact; } }
`;
