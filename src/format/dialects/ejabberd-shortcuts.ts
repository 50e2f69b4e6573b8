/** What comes so often in ejabberd's log that a scanner takes it: the messages of ejabberd-messages.ts in their plain form. */
import { ScanPlan, type Shortcut } from '../scanner/plan.ts';
import { BEGINNINGS, FIRST_LINES } from './ejabberd-messages.ts';
import { PEER_TEXT, PUSH_TEXT, QUOTING } from './ejabberd-quotation.ts';

const C2S = { by: 'ejabberd_c2s', rest: 'full jid', without: PEER_TEXT } as const;

const SHORTCUTS: readonly Shortcut[] = [
  { ...C2S, kind: 'named start', begins: 'Opened c2s session for ' },
  { ...C2S, kind: 'named start', begins: 'Opened session for ' },
  { ...C2S, kind: 'named end', begins: 'Closing c2s session for ' },
  { ...C2S, kind: 'named end', begins: 'Close session for ' },
  { ...C2S, kind: 'named bind', begins: 'Resumed session for ', by: 'mod_stream_mgmt' },
];

/** Of supervisors, and of loggers that threw lines away. */
const OTHERS = ['SUPERVISOR REPORT:', 'Supervisor ', 'Handler '];

/** The second word of lager's messages that it threw lines away. */
const LOST = 'dropped';

const others = [...BEGINNINGS, ...FIRST_LINES, ...OTHERS, ...QUOTING.map(({ begins }) => begins)].filter(
  (each) => each !== '',
);

export const PLAN = new ScanPlan([{ word: 'info', shortcuts: SHORTCUTS, others }], {
  layout: 'ejabberd',
  secondWord: LOST,
  suspect: PUSH_TEXT,
});
