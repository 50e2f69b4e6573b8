/**
 * What the report does in the browser: charts of the chosen hosts and range, and the values under pointer or arrow keys. The page
 * asks nobody for anything; its data are in it.
 */
import { summarize } from './summary.ts';
import {
  atPoints,
  byId,
  chosenHosts,
  data,
  DAY,
  instants,
  isUncovered,
  places,
  LABELS,
  showTime,
  sumOf,
  times,
  WINDOW_NAMES,
  type Values,
} from './values.ts';

interface Plot {
  readonly over: HTMLElement;
  readonly ctx: CanvasRenderingContext2D;
  readonly bbox: { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
  readonly cursor: { readonly idx?: number | null };
  setSize: (size: { width: number; height: number }) => void;
  setScale: (scale: string, range: { min: number; max: number }) => void;
  setCursor: (at: { left: number; top: number }) => void;
  valToPos: (value: number, scale: string, onCanvas?: boolean) => number;
  destroy: () => void;
}
declare const uPlot: {
  new (options: object, data: readonly (readonly (number | null)[])[], target: HTMLElement): Plot;
  readonly tzDate: (date: Date, zone: string) => Date;
};

let range: [number, number] = [times[0] ?? 0, times.at(-1) ?? 1];
let plots: Plot[] = [];

const color = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

const formatDay = new Intl.DateTimeFormat('sv-SE', { timeZone: data.timezone, dateStyle: 'short' });
const formatClock = new Intl.DateTimeFormat('sv-SE', { timeZone: data.timezone, timeStyle: 'short' });
/** The day, and within a day the time. */
function showTick(at: number, step: number): string {
  const clock = formatClock.format(at * 1000);
  return step >= DAY || clock === '00:00' ? formatDay.format(at * 1000) : clock;
}

interface Chart {
  /** Of a value beside the chart. */
  readonly tick: (value: number) => string;
  readonly id: string;
  readonly names: readonly string[];
  readonly labels: readonly string[];
  readonly columns: readonly Values[];
  readonly show: (value: number | null, name: string, i: number) => string;
  /** Of which window it is marked that it is not covered. */
  readonly window: 'd1' | 'd7' | 'd30' | undefined;
}

function draw(chart: Chart): Plot {
  const target = byId(chart.id);
  const line = (name: string, s: number): object => ({
    ...{ label: chart.labels[s], stroke: color(name), width: 1.5, spanGaps: false },
    value: (_: Plot, value: number | null, __: number, i: number | null) =>
      i === null ? '' : chart.show(value, name, places[i]!),
  });
  const axis = {
    stroke: color('text'),
    grid: { stroke: color('grid'), width: 1 },
    ticks: { stroke: color('grid'), width: 1 },
  };
  const options = {
    ...{ width: Math.max(300, target.clientWidth), height: 240, legend: { live: true } },
    ...{ tzDate: (at: number) => uPlot.tzDate(new Date(at * 1000), data.timezone) },
    cursor: { sync: { key: 'all' }, drag: { x: true, y: false } },
    scales: {
      x: { min: range[0], max: range[1] },
      y: { range: (_: Plot, __: number, max: number) => [0, Math.max(1, max * 1.05)] },
    },
    axes: [
      {
        ...axis,
        space: 80,
        values: (_: Plot, ticks: readonly number[], __: number, ___: number, step: number) =>
          ticks.map((at) => showTick(at, step)),
      },
      { ...axis, size: 64, values: (_: Plot, ticks: readonly number[]) => ticks.map(chart.tick) },
    ],
    series: [
      { label: 'time', value: (_: Plot, at: number | null) => (at === null ? '' : showTime(at)) },
      ...chart.names.map(line),
    ],
    hooks: {
      drawClear: [(plot: Plot) => chart.window && shade(plot, chart.window)],
      setScale: [
        (plot: Plot & { scales: { x: { min: number; max: number } } }, key: string) => {
          if (key === 'x') zoomed(plot.scales.x.min, plot.scales.x.max);
        },
      ],
      setCursor: [(plot: Plot) => said(chart, plot)],
    },
  };
  target.replaceChildren();
  return new uPlot(options, [instants, ...chart.columns.map(atPoints)], target);
}

/** What the logs do not wholly cover. */
function shade(plot: Plot, window: 'd1' | 'd7' | 'd30'): void {
  plot.ctx.save();
  plot.ctx.fillStyle = color('uncovered');
  const [left, right] = [plot.bbox.left, plot.bbox.left + plot.bbox.width];
  for (const [from, to] of data.uncovered[window]) {
    const begin = Math.max(left, plot.valToPos(times[from]!, 'x', true));
    const end = Math.min(right, plot.valToPos(times[to - 1]!, 'x', true));
    if (end > begin) plot.ctx.fillRect(begin, plot.bbox.top, end - begin, plot.bbox.height);
  }
  plot.ctx.restore();
}

/** For who does not see the legend; only where the arrow keys are used, as a pointer would make it talk without end. */
function said(chart: Chart, plot: Plot): void {
  const i = places[plot.cursor.idx ?? -1] ?? -1;
  if (i < 0 || document.activeElement !== byId(chart.id)) return;
  const values = chart.names.map(
    (name, s) => `${chart.labels[s]} ${chart.show(chart.columns[s]![i] ?? null, name, i)}`,
  );
  byId('said').textContent = `${showTime(times[i]!)}: ${values.join(', ')}`;
}

let isZooming = false;
function zoomed(min: number, max: number): void {
  if (isZooming || (min === range[0] && max === range[1])) return;
  isZooming = true;
  range = [min, max];
  for (const plot of plots) plot.setScale('x', { min, max });
  isZooming = false;
  summarize(range);
}

const atLeast = (value: number | null, name: string, i: number): string => {
  if (value === null) return '–';
  const window = WINDOW_NAMES.find((each) => each === name);
  return `${window && isUncovered[window][i] ? '≥ ' : ''}${value}`;
};

function show(): void {
  const hosts = chosenHosts();
  const [online, d1, d7, d30] = (['online', ...WINDOW_NAMES] as const).map((name) => sumOf(name, hosts)) as [
    Values,
    Values,
    Values,
    Values,
  ];
  const stickiness = d1.map((day, i) => (day === null || !d30[i] ? null : day / d30[i]));
  for (const plot of plots) plot.destroy();
  plots = [];
  const whole = (value: number): string => (Number.isInteger(value) ? String(value) : '');
  const percent = (value: number | null): string => (value === null ? '–' : `${(value * 100).toFixed(1)} %`);
  plots = [
    draw({
      id: 'active',
      names: WINDOW_NAMES,
      labels: WINDOW_NAMES.map((name) => LABELS[name]),
      columns: [d1, d7, d30],
      show: atLeast,
      tick: whole,
      window: 'd30',
    }),
    draw({
      id: 'online',
      names: ['online'],
      labels: ['online'],
      columns: [online],
      show: atLeast,
      tick: whole,
      window: undefined,
    }),
    draw({
      id: 'sticky',
      names: ['sticky'],
      labels: ['1 day / 30 days'],
      columns: [stickiness],
      show: percent,
      tick: (value) => `${Math.round(value * 100)} %`,
      window: 'd30',
    }),
  ];
  summarize(range);
}

function zoomTo(min: number, max: number): void {
  if (max > min) plots[0]?.setScale('x', { min, max });
}

/** Arrow keys move the cursor, + and - zoom around it, Home shows all. */
function onKey(event: KeyboardEvent, plot: Plot): void {
  const steps: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, PageUp: -24, PageDown: 24 };
  const width = plot.over.clientWidth;
  const [min, max] = range;
  const here = times.findIndex((at) => at >= (cursorAt ?? min));
  const step = steps[event.key];
  if (step !== undefined) {
    const next = Math.min(times.length - 1, Math.max(0, here + step));
    cursorAt = times[next]!;
    if (cursorAt < min || cursorAt > max) zoomTo(cursorAt - (max - min) / 2, cursorAt + (max - min) / 2);
    const left = Math.min(width - 1, Math.max(0, plot.valToPos(cursorAt, 'x')));
    plot.setCursor({ left, top: 10 });
  } else if (event.key === '+' || event.key === '-') {
    const half = ((max - min) / 2) * (event.key === '+' ? 0.5 : 2);
    const middle = cursorAt ?? (min + max) / 2;
    zoomTo(Math.max(times[0]!, middle - half), Math.min(times.at(-1)!, middle + half));
  } else if (event.key === 'Home') zoomTo(times[0]!, times.at(-1)!);
  else return;
  event.preventDefault();
}
let cursorAt: number | undefined;

function begin(): void {
  byId('hosts').append(
    ...data.hosts.map((host) => {
      const [label, box] = [document.createElement('label'), document.createElement('input')];
      [box.type, box.checked] = ['checkbox', true];
      box.addEventListener('change', show);
      label.append(box, ` ${host}`);
      return label;
    }),
  );
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-days]'))
    button.addEventListener('click', () => {
      const last = times.at(-1)!;
      zoomTo(Math.max(times[0]!, last - Number(button.dataset['days'] ?? 0) * DAY), last);
    });
  for (const [i, id] of ['active', 'online', 'sticky'].entries())
    byId(id).addEventListener('keydown', (event) => onKey(event, plots[i]!));
  addEventListener('resize', () => {
    for (const [i, id] of ['active', 'online', 'sticky'].entries())
      plots[i]!.setSize({ width: Math.max(300, byId(id).clientWidth), height: 240 });
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', show);
  addEventListener('beforeprint', show);
  addEventListener('afterprint', show);
  show();
}
if (times.length > 1) begin();
