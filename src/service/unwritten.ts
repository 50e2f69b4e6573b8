/** What changed since the index was written, but for users, who are told by their pages. */
import type { Changes } from '../index/last-seen.ts';
import type { Followed } from '../index/contents.ts';

export interface Unwritten extends Pick<Changes, 'hosts' | 'removals'> {
  readonly sessions: Map<string, unknown>;
  readonly positions: Map<string, Followed>;
  readonly forgotten: Set<string>;
  readonly logs: Map<string, unknown>;
  readonly hosts: Map<string, true | undefined>;
  readonly removals: Map<string, number | undefined>;
}

export const nothing = (): Unwritten => ({
  sessions: new Map(),
  positions: new Map(),
  forgotten: new Set(),
  logs: new Map(),
  hosts: new Map(),
  removals: new Map(),
});

export const NO_CHANGES: Changes = { sessions: new Map(), positions: [], forgotten: [], logs: new Map() };

/** Whether there is nothing to write. */
export const isNothing = (unwritten: Unwritten): boolean => Object.values(unwritten).every(({ size }) => size === 0);

/** What could not be written, and what changed since. */
export function joined(before: Unwritten, since: Unwritten): Unwritten {
  const positions = new Map([...before.positions, ...since.positions]);
  const forgotten = new Set([...before.forgotten, ...since.forgotten]);
  for (const id of since.forgotten) positions.delete(id);
  for (const id of since.positions.keys()) forgotten.delete(id);
  return {
    sessions: new Map([...before.sessions, ...since.sessions]),
    positions,
    forgotten,
    logs: new Map([...before.logs, ...since.logs]),
    hosts: new Map([...before.hosts, ...since.hosts]),
    removals: new Map([...before.removals, ...since.removals]),
  };
}
