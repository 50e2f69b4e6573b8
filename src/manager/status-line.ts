/** One line for who looks at the service: what it is at, what it waits for, and the last counts. */
import type { DaemonStatus, LogStatus } from '../index/status-file.ts';
import { countLine } from '../report/table.ts';

/** How many logs, and hosts, are named. */
const MOST = 3;

export interface Shown {
  /** Paths of the configured logs. */
  readonly logs: readonly string[];
  /** Undefined while no index is open. */
  readonly standing: DaemonStatus | undefined;
  readonly isCaughtUp: boolean;
  /** Why the index is not open. */
  readonly delay: string | undefined;
}

export function statusLine({ logs, standing, isCaughtUp, delay }: Shown): string {
  if (!standing) return delay === undefined ? 'opening the index' : `waiting: ${delay}`;
  const named = (which: (log: LogStatus) => boolean): string[] => standing.logs.filter(which).map(({ path }) => path);
  const open = named(() => true);
  const behind = [...logs.filter((path) => !open.includes(path)), ...named(isBehind)];
  const parts = [
    part('catching up with', isCaughtUp ? [] : behind),
    part(
      'waiting for',
      named(({ waits }) => waits === 'log'),
    ),
    part(
      'unreadable:',
      named(({ unreadable }) => unreadable !== undefined),
    ),
    part(
      'waiting until the index can be written, to go on with',
      named(({ waits }) => waits === 'disk'),
    ),
    countsOf(standing),
  ];
  return parts.filter((each) => each !== '').join('; ') || 'catching up';
}

const isBehind = ({ waits, unreadable, lagBytes }: LogStatus): boolean =>
  waits === undefined && unreadable === undefined && lagBytes > 0;

function part(words: string, paths: readonly string[]): string {
  const left = paths.length - MOST;
  const named = [...paths.slice(0, MOST), ...(left > 0 ? [`${left} more`] : [])];
  return paths.length === 0 ? '' : `${words} ${named.join(', ')}`;
}

function countsOf({ countedAt, counts = [] }: DaemonStatus): string {
  return countedAt === undefined ? '' : countLine(counts, countedAt, MOST);
}
