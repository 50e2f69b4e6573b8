/** What `check` says of one log: whether it can be read, which server writes it, and how much its lines tell. */
import { dirname } from 'node:path';
import type { Config, LogConfig } from '../config/config.ts';
import { whyNotPermitted } from '../source/files/permission.ts';
import { rotatedFiles } from '../source/files/siblings.ts';
import { surveyLog, type Survey } from '../service/survey.ts';
import { describeCounts, isReachable, type Report } from './check-report.ts';

export async function checkLog(log: LogConfig, config: Config, report: Report, now: number): Promise<void> {
  const siblings = rotatedFiles(log.path);
  const rotated = siblings.length === 0 ? '' : `, and ${siblings.length} rotated files beside it`;
  report.lines.push(`log ${log.path} (server ${log.server}, zone ${log.timezone})${rotated}`);
  try {
    const survey = await surveyLog(log, config, now);
    report.lines.push(...describe(survey).map((line) => `  ${line}`));
    for (const host of survey.users.keys()) report.hosts.add(host);
    if (survey.failure !== undefined) report.failures.push(`${log.path}: ${survey.failure}`);
  } catch (error) {
    await explainUnreadable(log.path, error, report);
  }
}

function describe(survey: Survey): string[] {
  const { lines, foreign, server, stamp, version: named, events, users, samples, warnings } = survey;
  if (lines === 0) return ['is empty'];
  const share = Math.floor(((lines - foreign) / lines) * 1000) / 10;
  const version = named === undefined ? '' : ` ${named}`;
  const writer = `written by ${server === undefined ? 'no server that is known' : `${server}${version}`}`;
  const understood = `${writer}, time stamps: ${stamp ?? 'none'}; ${share} % of the last ${lines} lines are understood`;
  if (server === undefined || stamp === undefined) return [understood];
  const seen = [...users].map(([host, count]) => `${host} (${count} users)`);
  return [
    understood,
    describeLevel(survey),
    events === 0
      ? `no login and no logout in the last ${lines} lines`
      : `logins and logouts in them: ${events}; hosts: ${seen.join(', ') || 'none that is named'}`,
    ...warnings.map((warning) => `warning: ${warning}`),
    ...(samples.length > 0 ? [`counts from these lines alone: ${describeCounts(samples)}`] : []),
  ];
}

function describeLevel({ levels, version }: Survey): string {
  const unknown = version === undefined ? '; the server did not start in these lines, so its version is not known' : '';
  if (levels.has('debug')) return `level debug: the counts are exact${unknown}`;
  if (levels.has('info'))
    return `level info: the weekly and monthly counts are right, the daily one is off by one or two now and then${unknown}`;
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
