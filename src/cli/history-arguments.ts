/** What `history` is asked for: its flags as the command line reads them, and made into what the command takes. */
import { foldAddress } from '../format/jid.ts';
import type { FileArguments } from './inputs.ts';
import type { InstantIn } from './option-values.ts';

export interface HistoryArguments extends FileArguments {
  /** Unix seconds. */
  readonly from?: number;
  readonly to?: number;
  /** Seconds, at least 60. */
  readonly step: number;
  /** Absent: a chart on a terminal, else CSV. */
  readonly format?: 'csv' | 'json' | 'chart' | 'svg' | 'html';
  /** Case-folded; empty: all. */
  readonly hosts: readonly string[];
  /** In CSV and JSON all hosts together as well. */
  readonly total: boolean;
  /** CSV: ISO 8601 instead of unix seconds. */
  readonly dates: boolean;
  /** CSV: also the seconds of each window that the logs cover. */
  readonly coverage: boolean;
  /** Send to Graphite's Carbon. */
  readonly carbon?: { readonly host: string; readonly port: number };
  readonly carbonProtocol?: 'plaintext' | 'pickle';
  /** As typed: `10s:6h,1m:6d`. Not together with `storageSchemas`. */
  readonly retention?: string;
  /** Path of a storage-schemas.conf. */
  readonly storageSchemas?: string;
  /** Before `statsd.prefix` in the names of Graphite's series. */
  readonly carbonPrefix: string;
  readonly dryRun: boolean;
  /** Put into the index. */
  readonly store: boolean;
}

/** As commander gives them. */
export type HistoryFlags = Partial<Omit<HistoryArguments, 'files' | 'logs' | 'hosts' | 'from' | 'to'>> & {
  readonly host?: readonly string[];
  readonly from?: InstantIn;
  readonly to?: InstantIn;
};

export function historyArguments(
  files: FileArguments,
  { host = [], from, to, ...flags }: HistoryFlags,
  timezone: string,
): HistoryArguments {
  const span = { ...(from && { from: from(timezone) }), ...(to && { to: to(timezone) }) };
  const unset = {
    step: 3600,
    total: false,
    dates: false,
    coverage: false,
    carbonPrefix: 'stats.gauges.',
    dryRun: false,
    store: false,
  };
  return { ...unset, ...flags, ...span, hosts: host.map(foldAddress), ...files };
}
