/** What comes so often in jabberd2's logs that a scanner takes it: the messages of jabberd2-messages.ts in their plain form. */
import { ScanPlan, type LevelPlan, type Shortcut } from '../scanner/plan.ts';
import { BEGINNINGS, FIRST_LINE, OTHER_PARTS, PART_BEGINS, WELCOME } from './jabberd2-messages.ts';

/** Of the text that a message quotes there may be more in a line than its own brackets. */
const BRACKET = '] ';
const OF_JID = { rest: 'full jid', without: BRACKET, isOfJid: true } as const;
const OF_CONNECTION = { rest: 'full jid', without: BRACKET } as const;

const SHORTCUTS: readonly Shortcut[] = [
  { ...OF_JID, kind: 'named start', begins: 'session started: jid=' },
  { ...OF_JID, kind: 'named start', begins: 'session replaced: jid=' },
  { ...OF_JID, kind: 'named end', begins: 'session ended: jid=' },
  { ...OF_CONNECTION, kind: 'named start', begins: 'bound: jid=' },
  { ...OF_CONNECTION, kind: 'named start', begins: 'requesting session: jid=' },
  { ...OF_CONNECTION, kind: 'named end', begins: 'disconnect jid=', rest: 'traffic' },
];

/** Of connections, and those that quote somebody. */
const OTHERS = ['unbound: ', 'registration remove ', 'error: Stream error ', 'SASL callback '];

const levelOf = (word: string): LevelPlan => ({
  word,
  shortcuts: SHORTCUTS,
  others: [...BEGINNINGS, FIRST_LINE, WELCOME, ...OTHER_PARTS, ...PART_BEGINS, ...OTHERS],
});

export const PLAN = new ScanPlan([levelOf('notice'), levelOf('info')], { layout: 'jabberd2', suspect: BRACKET });
