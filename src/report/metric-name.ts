/**
 * The names under which the counts live. StatsD keeps only letters, digits and `_-.;=` of a name and silently drops the
 * rest, so two hosts that differ in a dropped character would end as one series; and a dot would open a new level. Dots
 * become `_`, exactly as Prosody's own StatsD client does it, so that graphs made for the server's module go on.
 */
import { domainToASCII } from 'node:url';
import type { HostCounts, Sample } from '../activity/active-window.ts';

/** Days of a window of activity; 180 only where that is asked for. */
export type Window = 1 | 7 | 30 | 180;

/** Those that are counted everywhere, and behind them the one that is asked for. */
export const windows: readonly Window[] = [1, 7, 30];
const allWindows: readonly Window[] = [...windows, 180];

/** Those that are counted in a sample. */
export const windowsOf = ({ d180 }: Pick<HostCounts, 'd180'>): readonly Window[] =>
  d180 === undefined ? windows : allWindows;

/** As a table heads them. */
export const WINDOW_NAMES: Readonly<Record<Window, string>> = {
  1: 'daily',
  7: 'weekly',
  30: 'monthly',
  180: 'half-yearly',
};

/** The count of one window in a sample. */
export function countOf(sample: HostCounts, window: Window): number {
  return sample[`d${window}`] ?? 0;
}

/** Whether the logs cover the whole window; where they do not, the count is a lower bound. */
export function isCovered({ covered }: Pick<Sample, 'covered'>, window: Window): boolean {
  return (covered[allWindows.indexOf(window)] ?? 0) >= window * 86_400;
}

/** `active_users_1d`: the part of the name that says what is counted. */
export function windowName(window: Window): string {
  return `active_users_${window}d`;
}

/** A host as one level of a metric's name: `chat.example` is `chat_example`. A name outside ASCII takes its xn-- form. */
export function hostLevel(host: string): string {
  const ascii = /^[\x00-\x7f]*$/.test(host) ? host : domainToASCII(host) || host;
  return ascii.replace(/[^A-Za-z0-9_-]/g, '_');
}

/** A log as one level of a metric's name: `/var/log/prosody/prosody.log` is `var_log_prosody_prosody_log`. */
export function logLevel(path: string): string {
  return path.replace(/^\/+/, '').replace(/[^A-Za-z0-9_-]/g, '_');
}

/** `xmpp.active_users_1d.chat_example`. The prefix is taken as it stands, with its dot. */
export function metricName(prefix: string, window: Window, host: string): string {
  return `${prefix}${windowName(window)}.${hostLevel(host)}`;
}

/** Hosts that would share a name, `a.b_c` and `a_b.c`: of their counts StatsD would keep only the last. One group for each name. */
export function hostsOfOneName(hosts: Iterable<string>): readonly (readonly string[])[] {
  const groups = new Map<string, string[]>();
  for (const host of new Set(hosts)) groups.set(hostLevel(host), [...(groups.get(hostLevel(host)) ?? []), host]);
  return [...groups.values()].filter((group) => group.length > 1);
}

/** What is to be said of such hosts. */
export function nameClash(group: readonly string[]): string {
  const [host = ''] = group;
  return `the hosts ${group.join(' and ')} have one name among the metrics (${hostLevel(host)}), so StatsD keeps the counts of only one of them: set statsd.host_tag = true where StatsD reads tags, or exclude all but one (count.exclude)`;
}
