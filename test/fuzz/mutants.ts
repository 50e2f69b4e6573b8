/** Rules of counting and of sessions, each taken away in one place: `npm run fuzz:mutants` shows that the fuzzer finds each. */

export interface Mutant {
  /** What the program does not do any more. */
  readonly without: string;
  /** The file below `src/`, the text that is there once, and what takes its place. */
  readonly cut: readonly [file: string, from: string, to: string];
}

export const MUTANTS: readonly Mutant[] = [
  {
    without: 'a user seen exactly a window ago is outside it',
    cut: ['activity/active-window.ts', 'Math.floor((second - 1) / HOUR)', 'Math.floor(second / HOUR)'],
  },
  {
    without: 'a window is as long as it is',
    cut: ['activity/user-counts.ts', 'host.window.behind(w, at - window)', 'host.window.behind(w, at - window + 1)'],
  },
  {
    without: 'the edge of a window cuts an hour exactly',
    cut: [
      'activity/user-words.ts',
      'if (seen <= after || seen > until) continue;',
      'if (seen < after || seen > until) continue;',
    ],
  },
  {
    without: 'last seen is a maximum of logins and logouts',
    cut: [
      'activity/user-words.ts',
      'return Math.max(times[user * NAME_WORDS + LOGIN]!, times[user * NAME_WORDS + LOGOUT]!);',
      'return times[user * NAME_WORDS + LOGOUT]! || times[user * NAME_WORDS + LOGIN]!;',
    ],
  },
  {
    without: 'a disabled account does not count',
    cut: ['activity/user-counts.ts', 'EXCLUDED | (includeDisabled ? 0 : DISABLED)', 'EXCLUDED'],
  },
  {
    without: 'a second end of an id shows that it was resumed',
    cut: ['activity/resumption.ts', 'noteResumption(log, user);\n  for', 'return;\n  for'],
  },
  {
    without: 'the end of a session ends what carried its resumption',
    cut: ['activity/resumption.ts', 'if (log.hasResumption) closeCarriers(log, session, at);', ''],
  },
  {
    without: 'an id that is used again had carried a resumption',
    cut: ['activity/resumption.ts', 'if (state === OPEN) reopenResumed(log, user, since);', ''],
  },
  {
    without: 'a session that has just replaced another one goes on',
    cut: ['activity/resumption.ts', 'if (at - table.sinceOf(other) > REPLACED_WITHIN) log', 'log'],
  },
  {
    without: 'whoever comes back was not logged out by hibernation',
    cut: ['activity/resumption.ts', 'if (table.stateOf(other) === AWAY) log.set(', 'if (at < 0) log.set('],
  },
  {
    without: 'a hibernation ends a second after its time',
    cut: ['activity/log-sessions.ts', 'hibernationSeconds + 1', 'hibernationSeconds'],
  },
  {
    without: 'a start of the server ends all sessions',
    cut: ['activity/sessions.ts', 'return this.dropAll();', 'return;'],
  },
  {
    without: 'a BOSH session of which nothing is heard ends',
    cut: [
      'activity/passing-time.ts',
      '(since = log.bosh.since) <= now - log.boshSeconds',
      '(since = log.bosh.since) < 0',
    ],
  },
  {
    without: 'the exact signs of a debug log win',
    cut: [
      'activity/resumption.ts',
      'return log.detail ? undefined : endOpen(log, session, at, isOver);',
      'return endOpen(log, session, at, isOver);',
    ],
  },
  {
    without: 'what ends after an account was removed is nobody’s activity',
    cut: ['activity/binding.ts', 'else if (state !== REMOVED) table.drop(session);', ''],
  },
  {
    without: 'a sample takes in no later line',
    cut: ['service/replay.ts', 'firstAfter(sampler.next, event', 'firstAfter(sampler.next + 60, event'],
  },
];
