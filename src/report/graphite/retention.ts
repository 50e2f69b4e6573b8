/**
 * What Graphite keeps, and for how long. A whisper file is a list of archives, each finer and shorter than the next; which
 * list a new file gets is decided by the first section of storage-schemas.conf whose pattern is found in the metric's name. The
 * rules here are whisper's own (parseRetentionDef, validateArchiveList) and carbon's (storage.py).
 */

/** One archive: a point each `step` seconds, for `span` seconds. */
export interface Retention {
  readonly step: number;
  readonly span: number;
}

/** The code of every error of this file: `RETENTION`. */
export class RetentionError extends Error {
  override readonly name = 'RetentionError';
  readonly code = 'RETENTION';
}

const units = [
  ['seconds', 1],
  ['minutes', 60],
  ['hours', 3600],
  ['days', 86_400],
  ['weeks', 7 * 86_400],
  ['years', 365 * 86_400],
] as const;

/**
 * `10s:6h,1m:6d,10m:1800d` as archives, the finest first. A bare first number is seconds, a bare second one a number of points.
 * @throws RetentionError when whisper would not take it.
 */
export function parseRetention(text: string): Retention[] {
  const archives = text.split(',').map((part) => parseArchive(part.trim(), text));
  archives.sort((a, b) => a.step - b.step);
  for (const [i, archive] of archives.entries()) {
    const next = archives[i + 1];
    if (next !== undefined) checkNeighbours(archive, next, text);
  }
  return archives;
}

/**
 * The archives that carbon gives to a new metric of that name, by the text of a storage-schemas.conf.
 * @throws RetentionError when the section that applies cannot be understood.
 */
export function readStorageSchemas(text: string, metricName: string): Retention[] {
  for (const { section, options } of sectionsOf(text)) {
    const pattern = options.get('pattern');
    const retentions = options.get('retentions');
    // Carbon passes over sections without one of the two.
    if (!pattern || retentions === undefined) continue;
    if (patternOf(pattern, section).test(metricName)) return parseRetention(retentions);
  }
  return parseRetention('60s:7d');
}

/** The length of the longest archive in seconds: what is older has no place in the file. */
export function longestSpan(archives: readonly Retention[]): number {
  return Math.max(...archives.map((archive) => archive.span));
}

function parseArchive(part: string, whole: string): Retention {
  const match = /^(?<step>\d+)(?<stepUnit>[a-z]*):(?<keep>\d+)(?<keepUnit>[a-z]*)$/.exec(part);
  const { step: stepText, stepUnit = '', keep: keepText, keepUnit = '' } = match?.groups ?? {};
  if (stepText === undefined || keepText === undefined) {
    throw new RetentionError(`the retention "${whole}": "${part}" is not of the form 10s:6h`);
  }
  const step = Number(stepText) * unitSeconds(stepUnit, whole);
  if (step === 0) throw new RetentionError(`the retention "${whole}": "${part}" has a step of 0`);
  const points =
    keepUnit === '' ? Number(keepText) : Math.floor((Number(keepText) * unitSeconds(keepUnit, whole)) / step);
  if (points === 0) throw new RetentionError(`the retention "${whole}": "${part}" keeps no point at all`);
  return { step, span: step * points };
}

/** Any beginning of a unit's name will do, as in whisper: `m`, `min`, `minutes`. */
function unitSeconds(name: string, whole: string): number {
  const unit = units.find(([full]) => full.startsWith(name));
  if (unit === undefined) {
    throw new RetentionError(`the retention "${whole}": "${name}" is no unit; there are s, m, h, d, w and y`);
  }
  return unit[1];
}

function checkNeighbours(fine: Retention, coarse: Retention, whole: string): void {
  const problem = neighbourProblem(fine, coarse);
  if (problem !== undefined) throw new RetentionError(`the retention "${whole}": ${problem}`);
}

function neighbourProblem(fine: Retention, coarse: Retention): string | undefined {
  if (fine.step === coarse.step) return `two archives have the step ${fine.step} s`;
  if (coarse.step % fine.step !== 0) return `a step of ${coarse.step} s is no multiple of ${fine.step} s`;
  if (coarse.span <= fine.span)
    return `the archive of ${coarse.step} s must reach further back than that of ${fine.step} s`;
  if (fine.span < coarse.step) return `the archive of ${fine.step} s is too short to fill one step of ${coarse.step} s`;
  return undefined;
}

interface Section {
  readonly section: string;
  readonly options: Map<string, string>;
}

/** The file as Python's ConfigParser reads it: `=` or `:`, keys in any case, comments on lines of their own. */
function sectionsOf(text: string): Section[] {
  const sections: Section[] = [];
  let last: string | undefined;
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    const options = sections.at(-1)?.options;
    // An indented line goes on with the value before.
    if (/^\s/.test(raw) && options && last !== undefined) {
      options.set(last, `${options.get(last) ?? ''}${line}`);
      continue;
    }
    const title = /^\[(?<title>.+)\]$/.exec(line)?.groups?.['title'];
    last = undefined;
    if (title !== undefined) sections.push({ section: title, options: new Map() });
    else last = addOption(sections.at(-1), line);
  }
  return sections;
}

/** Returns its key. */
function addOption(section: Section | undefined, line: string): string {
  const { key, value } = /^(?<key>[^=:]+?)\s*[=:]\s*(?<value>.*)$/.exec(line)?.groups ?? {};
  if (section === undefined || key === undefined || value === undefined) {
    throw new RetentionError(`storage-schemas.conf: the line "${line}" is neither a [section] nor an option`);
  }
  section.options.set(key.toLowerCase(), value);
  return key.toLowerCase();
}

/** Python's few spellings that JavaScript has not: named groups, the ends of the text, and a flag in front. */
function patternOf(pattern: string, section: string): RegExp {
  const ignoreCase = pattern.startsWith('(?i)');
  const source = pattern
    .replace(/^\(\?i\)/, '')
    .replaceAll('(?P<', '(?<')
    .replaceAll(/\\A/g, '^')
    .replaceAll(/\\Z/g, '$');
  try {
    return new RegExp(source, ignoreCase ? 'i' : '');
  } catch (cause) {
    throw new RetentionError(
      `storage-schemas.conf: the pattern of section [${section}], "${pattern}", cannot be understood`,
      { cause },
    );
  }
}
