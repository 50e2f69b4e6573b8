/** All hosts together. A user has one host, so the sum is the number of users; it is for people, and never sent. */
import type { Sample } from '../activity/active-window.ts';

/** Stands for all hosts where a host's name would; no host can be called so. */
export const ALL_HOSTS = '*';

/** The sum of the samples of one instant; undefined when there is none. */
export function totalOf(samples: readonly Sample[]): Sample | undefined {
  const [first] = samples;
  if (first === undefined) return undefined;
  const sum = (count: (sample: Sample) => number): number => samples.reduce((all, each) => all + count(each), 0);
  return {
    ...{ ...first, host: ALL_HOSTS, online: sum(({ online }) => online) },
    ...(first.d180 !== undefined && { d180: sum(({ d180 = 0 }) => d180) }),
    ...{ d1: sum(({ d1 }) => d1), d7: sum(({ d7 }) => d7), d30: sum(({ d30 }) => d30) },
  };
}

/** What a reader sees instead of `*`. */
export const hostLabel = (host: string): string => (host === ALL_HOSTS ? 'all hosts' : host);
