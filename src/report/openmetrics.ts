/** Figures in the text forms of OpenMetrics 1.0 and of Prometheus, which others read, too. */

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
  const texts = withPoints(families).map((family) => familyText(family, family.name, escaped(family.help)));
  return `${texts.join('')}# EOF\n`;
}

/** The same in the text format 0.0.4 of Prometheus, which is what node_exporter reads from files: there a counter is called by its whole name. */
export function prometheusText(families: readonly MetricFamily[]): string {
  const help = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return withPoints(families)
    .map((family) => familyText(family, family.name + suffixOf(family), help(family.help)))
    .join('');
}

const withPoints = (families: readonly MetricFamily[]): readonly MetricFamily[] =>
  families.filter(({ points }) => points.length > 0);

const suffixOf = ({ type }: MetricFamily): string => (type === 'counter' ? '_total' : '');

/** `called`: how type and help call it. */
function familyText(family: MetricFamily, called: string, help: string): string {
  const { name, type, points } = family;
  const lines = points.map(({ labels = {}, value }) => `${name}${suffixOf(family)}${labelsText(labels)} ${value}`);
  return [`# TYPE ${called} ${type}`, `# HELP ${called} ${help}`, ...lines, ''].join('\n');
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length > 0 ? `{${pairs.join(',')}}` : '';
}

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
