/**
 * What the daemon last said of the logs that it follows: a small file in the directory of the index, which LevelDB leaves
 * alone, for whoever looks while the daemon holds the index. It is never read back by the daemon: positions that count
 * are in the index.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostCounts, Sample } from '../activity/active-window.ts';
import type { SourceStatus } from '../source/source.ts';

/** What a log waits for: to be there; room on the disk, or what else keeps the index from being written; the count of the full hour. */
export type Awaited = 'log' | 'disk' | 'hour';

/** How one followed log stands. What is counted, is counted from the start of the daemon. */
export interface LogStatus extends Omit<SourceStatus, 'segments'> {
  readonly lines: number;
  /** Lines that were not understood or not believed. */
  readonly rejected: number;
  /** The server and its version, as in `prosody 0.12.3`, where they are known. */
  readonly writer?: string;
  readonly waits?: Awaited;
}

/** How a node of a cluster stands. */
export interface ClusterStatus {
  readonly node: string;
  readonly isConnected: boolean;
  /** Unix seconds: when the connection was made, or was lost. */
  readonly since: number;
  /** Why there is none. */
  readonly problem?: string;
  /** Users and changes of accounts that are still to be sent. */
  readonly waiting: number;
  /** Whether all users are being sent again. */
  readonly isSendingAll: boolean;
  readonly leader?: string;
  /** `silent`: seconds without a sign of life. */
  readonly nodes: readonly { readonly name: string; readonly silent: number }[];
  /** The last count of all nodes together, unix seconds; whose users it has not, or not all of them; whether this node sent it. */
  readonly last?: {
    readonly at: number;
    readonly missing: readonly string[];
    readonly samples: readonly Sample[];
    readonly isOwn: boolean;
  };
}

export interface DaemonStatus {
  /** Unix seconds: when the daemon started, and when it said this. */
  readonly since: number;
  readonly at: number;
  readonly logs: readonly LogStatus[];
  /** When counts were sent last. */
  readonly countedAt?: number;
  readonly cluster?: ClusterStatus;
  /** Those sent last. */
  readonly counts?: readonly (Omit<HostCounts, 'at'> & Partial<Pick<Sample, 'covered'>>)[];
}

const NAME = 'status.json';

/** Replaces what was said before, in one step. @throws the error of the system */
export function writeStatus(index: string, status: DaemonStatus): void {
  const file = join(index, NAME);
  const next = `${file}.new`;
  try {
    writeFileSync(next, `${JSON.stringify(status)}\n`, { mode: 0o600 });
    renameSync(next, file);
  } catch (error) {
    rmSync(next, { force: true });
    throw error;
  }
}

/** Undefined when no daemon has said anything there yet, or when it may not be read. */
export function readStatus(index: string): DaemonStatus | undefined {
  try {
    const status: unknown = JSON.parse(readFileSync(join(index, NAME), 'utf8'));
    return isStatus(status) ? status : undefined;
  } catch {
    return undefined;
  }
}

function isStatus(value: unknown): value is DaemonStatus {
  const { since, at, logs } = (value ?? {}) as Partial<DaemonStatus>;
  return typeof since === 'number' && typeof at === 'number' && Array.isArray(logs);
}
