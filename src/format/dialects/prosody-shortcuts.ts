/** What comes so often in a log of Prosody's that a scanner takes it: the messages of prosody-messages.ts in their plain form. */
import { DISCONNECTED, LEVELS } from './prosody-messages.ts';
import { ScanPlan, type LevelPlan, type Shortcut } from '../scanner/plan.ts';

const ENDED: Shortcut = { kind: 'end', begins: DISCONNECTED, rest: 'anything' };
const OVER: Shortcut = { kind: 'over', begins: `${DISCONNECTED}connection closed`, rest: 'nothing' };

/** Since 13.0.6 `closed` may be the first of two lines that belong together. */
const shortcuts = (closedIsOne: boolean): readonly Shortcut[] => [
  { kind: 'connect', begins: 'Client connected', rest: 'nothing' },
  { kind: 'start', begins: 'Authenticated as ', rest: 'jid' },
  ...(closedIsOne ? [ENDED] : [OVER, { ...ENDED, except: 'closed' }]),
  { kind: 'end', begins: 'BOSH client disconnected: ', rest: 'anything' },
];

const RULES = [...LEVELS.values()].map(({ word, rules }) => ({ word, rules: [...rules.values()].flat() }));

/** Beginnings of the messages that quote a remote party. */
export const QUOTING: readonly string[] = RULES.flatMap(({ rules }) =>
  rules.filter(({ quoteEnd }) => quoteEnd !== undefined).map(({ begins }) => begins),
);

/** `closedIsOne`: a session that was `closed` is one that ended. */
function planOf(detail: boolean, closedIsOne: boolean): ScanPlan {
  const levels = RULES.map(({ word, rules }): LevelPlan => ({
    word,
    shortcuts: word === 'info' ? shortcuts(closedIsOne) : [],
    others: rules.map(({ begins }) => begins),
  }));
  // The first debug line of a session tells that there are such.
  return new ScanPlan(detail ? levels : levels.filter(({ word }) => word !== 'debug'));
}

const PLANS = [planOf(false, true), planOf(false, false), planOf(true, true), planOf(true, false)] as const;

/** `detail`: the log is known to have debug lines. `tells`: the server tells at info level that a session hibernates. */
export function planFor(detail: boolean, tells: boolean): ScanPlan {
  if (detail) return tells ? PLANS[3] : PLANS[2];
  return tells ? PLANS[1] : PLANS[0];
}
