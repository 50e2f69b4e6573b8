/** Figures in the text form of OpenMetrics 1.0, as Prometheus and others read it. */

export interface MetricFamily {
  /** Without the `_total` of a counter. */
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  readonly points: readonly MetricPoint[];
}

export interface MetricPoint {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

export const OPENMETRICS_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** Families without a point are left out. */
export function openMetrics(families: readonly MetricFamily[]): string {
  const texts = families.filter(({ points }) => points.length > 0).map(familyText);
  return `${texts.join('')}# EOF\n`;
}

function familyText({ name, type, help, points }: MetricFamily): string {
  const suffix = type === 'counter' ? '_total' : '';
  const lines = points.map(({ labels = {}, value }) => `${name}${suffix}${labelsText(labels)} ${value}`);
  return [`# TYPE ${name} ${type}`, `# HELP ${name} ${escaped(help)}`, ...lines, ''].join('\n');
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length > 0 ? `{${pairs.join(',')}}` : '';
}

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
