/**
 * NodeInfo 2.1 (https://nodeinfo.diaspora.software/protocol): what a server tells of itself to those who list servers, as a document that any web
 * server hands out.
 */
import type { Sample } from '../activity/active-window.ts';
import { countOf, isCovered, type Window } from './metric-name.ts';

export interface NodeInfoOptions {
  /** Whose users are counted; all where there is none. */
  readonly hosts: readonly string[];
  readonly software: string;
  readonly version: string;
  readonly openRegistrations: boolean;
}

/** Of fewer users one may be told from the next count. */
const FEWEST = 5;

/** A count that the logs do not cover is lower than the truth: a month is told as far as it is known, a half year when all of it is. */
export function nodeInfo(samples: readonly Sample[], options: NodeInfoOptions): string {
  const { hosts, software, version, openRegistrations } = options;
  const counted = samples.filter(({ host }) => hosts.length === 0 || hosts.includes(host));
  const users = (window: Window): number => counted.reduce((sum, sample) => sum + countOf(sample, window), 0);
  const isHalfYear = counted.every((sample) => sample.d180 !== undefined && isCovered(sample, 180));
  const document = {
    version: '2.1',
    software: { name: software.toLowerCase().replaceAll(/[^a-z0-9-]/g, '-'), version },
    protocols: ['xmpp'],
    services: { inbound: [], outbound: [] },
    openRegistrations,
    usage: {
      users: {
        ...(users(30) >= FEWEST && { activeMonth: users(30) }),
        ...(isHalfYear && users(180) >= FEWEST && { activeHalfyear: users(180) }),
      },
    },
    metadata: {},
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
