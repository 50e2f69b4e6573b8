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
    cut: ['activity/user-table.ts', 'host.window.behind(w, at - window)', 'host.window.behind(w, at - window + 1)'],
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
      'activity/user-table.ts',
      'return Math.max(times[user * NAME_WORDS + LOGIN]!, times[user * NAME_WORDS + LOGOUT]!);',
      'return times[user * NAME_WORDS + LOGOUT]! || times[user * NAME_WORDS + LOGIN]!;',
    ],
  },
  {
    without: 'a disabled account does not count',
    cut: ['activity/user-table.ts', 'EXCLUDED | (includeDisabled ? 0 : DISABLED)', 'EXCLUDED'],
  },
  {
    without: 'a second end of an id shows that it was resumed',
    cut: ['activity/sessions.ts', 'return this.#endResumed(session, at);', 'return;'],
  },
  {
    without: 'the end of a session ends what carried its resumption',
    cut: ['activity/sessions.ts', 'if (this.#hasResumption) this.#closeCarriers(session, at);', ''],
  },
  {
    without: 'an id that is used again had carried a resumption',
    cut: ['activity/sessions.ts', 'if (state === OPEN) this.#reopenResumed(user, since);', ''],
  },
  {
    without: 'a session that has just replaced another one goes on',
    cut: ['activity/sessions.ts', 'if (at - table.sinceOf(other) > REPLACED_WITHIN) this', 'this'],
  },
  {
    without: 'whoever comes back was not logged out by hibernation',
    cut: ['activity/sessions.ts', 'if (table.stateOf(other) === AWAY) this.#set(', 'if (at < 0) this.#set('],
  },
  {
    without: 'a hibernation ends a second after its time',
    cut: ['activity/sessions.ts', 'options.hibernationSeconds + 1', 'options.hibernationSeconds'],
  },
  {
    without: 'a start of the server ends all sessions',
    cut: ['activity/sessions.ts', 'return this.dropAll();', 'return;'],
  },
  {
    without: 'a BOSH session of which nothing is heard ends',
    cut: [
      'activity/sessions.ts',
      '(since = this.#bosh.since) <= now - this.#options.boshSeconds',
      '(since = this.#bosh.since) < 0',
    ],
  },
  {
    without: 'the exact signs of a debug log win',
    cut: [
      'activity/sessions.ts',
      'return this.#detail ? undefined : this.#endOpen(session, at);',
      'return this.#endOpen(session, at);',
    ],
  },
  {
    without: 'what ends after an account was removed is nobody’s activity',
    cut: ['activity/sessions.ts', 'else if (state !== REMOVED) table.drop(session);', ''],
  },
  {
    without: 'a sample takes in no later line',
    cut: ['service/replay.ts', 'firstAfter(sampler.next, event', 'firstAfter(sampler.next + 60, event'],
  },
];
