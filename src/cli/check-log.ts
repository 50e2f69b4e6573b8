/** What `check` says of one log: whether it can be read, which server writes it, and how much its lines tell. */
import { dirname } from 'node:path';
import type { Config, LogConfig } from '../config/config.ts';
import { FIRST_BYTES, foreignKind } from '../source/files/file-kind.ts';
import { beginningOf } from '../source/files/end-of-file.ts';
import { whyNotPermitted } from '../source/files/permission.ts';
import type { Advice } from '../format/dialects/dialect.ts';
import { forgeryWarning, quotedWarning } from '../format/dialects/forgeable.ts';
import { rivalWarning } from '../service/parse-health.ts';
import { lastVersion } from '../service/last-version.ts';
import { journalOf } from '../source/journal-name.ts';
import { rotatedFiles } from '../source/files/siblings.ts';
import { surveyLog, type Survey } from '../service/survey.ts';
import { describeCounts, isReachable, type Report } from './check-report.ts';

export async function checkLog(log: LogConfig, config: Config, report: Report, now: number): Promise<void> {
  if (journalOf(log.path) === undefined) return checkFile(log, config, report, now);
  report.lines.push(`log ${log.path} (server ${log.server}, zone ${log.timezone})`);
  await checkLines(log, config, report, now).catch((error: unknown) => {
    report.failures.push(`${log.path} ${error instanceof Error ? error.message : String(error)}`);
  });
}

async function checkFile(log: LogConfig, config: Config, report: Report, now: number): Promise<void> {
  const { siblings, others } = rotatedFiles(log.path, log);
  const rotated = siblings.length === 0 ? '' : `, and ${siblings.length} rotated files of it`;
  report.lines.push(`log ${log.path} (server ${log.server}, zone ${log.timezone})${rotated}`);
  const elsewhere = new Set(siblings.map(({ path }) => dirname(path)));
  elsewhere.delete(dirname(log.path));
  for (const directory of elsewhere) report.lines.push(`  rotated files are in ${directory}, too`);
  for (const { path } of siblings) report.lines.push(...whyUnread(path).map((line) => `  warning: ${line}`));
  for (const { path } of others)
    report.lines.push(`  not taken for a rotated file of it: ${path}; rotated in its [[log]] names more of them`);
  await checkLines(log, config, report, now).catch((error: unknown) => explainUnreadable(log.path, error, report));
}

async function checkLines(log: LogConfig, config: Config, report: Report, now: number): Promise<void> {
  const seen = await surveyLog(log, config, now);
  const isFile = journalOf(log.path) === undefined;
  const version = seen.version ?? (isFile && seen.dialect ? await lastVersion(log.path, seen.dialect) : undefined);
  const survey = { ...seen, version };
  report.lines.push(...describe(survey, log.path).map((line) => `  ${line}`));
  for (const host of survey.users.keys()) report.hosts.add(host);
  if (survey.failure !== undefined) report.failures.push(`${log.path}: ${survey.failure}`);
}

/** Of a file that is compressed in a way that is not understood. */
function whyUnread(path: string): string[] {
  try {
    const foreign = foreignKind(beginningOf(path, FIRST_BYTES), path);
    return foreign === undefined ? [] : [`${path} ${foreign}`];
  } catch {
    // That it may not be read is told when the log itself may not be.
    return [];
  }
}

function describe(survey: Survey, path: string): string[] {
  const { lines, foreign, dialect, envelope, wrapped, stamp, version, events, users, samples, quoted, rival } = survey;
  if (lines === 0 && journalOf(path) !== undefined) return ['the journal has no entry of it'];
  if (lines === 0) return [beginningOf(path, 1).length === 0 ? 'is empty' : 'no line of it is complete yet'];
  const share = Math.floor(((lines - foreign) / lines) * 1000) / 10;
  const writer = `written by ${dialect === undefined ? 'no server that is known' : [dialect.name, version].join(' ').trimEnd()}`;
  const around = envelope === undefined ? '' : `, in lines of ${envelope}`;
  const understood = `${writer}${around}, time stamps: ${stamp ?? 'none'}; ${share} % of the last ${lines} lines are understood`;
  if (dialect === undefined || stamp === undefined) return [understood];
  const warnings = [
    forgeryWarning(path, { server: dialect.name, version, wrapped }),
    quotedWarning(path, dialect.name, quoted),
    rivalWarning(rival),
  ];
  const seen = [...users].map(([host, count]) => `${host} (${count} users)`);
  return [
    understood,
    describeLevel(survey, dialect.advice),
    events === 0
      ? `no login and no logout in the last ${lines} lines`
      : `logins and logouts in them: ${events}; hosts: ${seen.join(', ') || 'none that is named'}`,
    ...warnings.flatMap((warning) => (warning === undefined ? [] : [`warning: ${warning}`])),
    ...(samples.length > 0 ? [`counts from these lines alone: ${describeCounts(samples)}`] : []),
  ];
}

function describeLevel({ levels, version }: Survey, { exactness }: Advice): string {
  const unknown = version === undefined ? '; no line of the log tells the version of the server' : '';
  if (levels.has('debug')) return `level debug: ${exactness.debug}${unknown}`;
  if (levels.has('info')) return `level info: ${exactness.info}${unknown}`;
  return `level warn or error: logins and logouts are not in it${unknown}`;
}

async function explainUnreadable(path: string, error: unknown, { failures }: Report): Promise<void> {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT' && (await isReachable(dirname(path)))) {
    failures.push(`${path}: does not exist; correct [[log]] path, or start the server (run waits until it appears)`);
  } else if (code === 'ENOENT') {
    failures.push(`${path}: there is no directory ${dirname(path)}: correct [[log]] path`);
  } else if (code === 'EACCES') {
    failures.push(`${path} ${whyNotPermitted(path)}`);
  } else if (code === 'EISDIR') {
    failures.push(`${path}: is a directory: name the log file in it`);
  } else {
    failures.push(`${path}: cannot be read (${code ?? String(error)})`);
  }
}
