/** What comes so often in Tigase's log that a scanner takes it: the messages of tigase.ts in their plain form. */
import { ScanPlan, type Shortcut } from '../scanner/plan.ts';

export const LOGIN = 'handleLogin called for: ';
export const CLOSING = 'Closing connection for: ';
/** tigase/server/XMPPServer.java, start: `Server finished starting up in (...)` */
export const STARTED = 'Server finished starting up';

const shortcuts: readonly Shortcut[] = [
  { kind: 'named start', begins: LOGIN, rest: 'login', by: 'SessionManager.handleLogin()' },
  { kind: 'named end', begins: CLOSING, rest: 'closing', by: 'SessionManager.closeSession()' },
];

export const PLAN = new ScanPlan([{ word: '', shortcuts, others: [STARTED] }], { layout: 'tigase' });
