/** What comes so often in Openfire's log that a scanner takes it: the messages of openfire.ts in their plain form. */
import { ScanPlan, type Shortcut } from '../scanner/plan.ts';

export const LEVEL_NAMES = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] as const;
export const ROUTES = 'org.jivesoftware.openfire.spi.RoutingTableImpl';
export const ADDING = 'Adding client route ';
export const REMOVING = 'Removing client route ';
/** XMPPServer.java, start. */
export const STARTED = 'Openfire ';

const OF_ROUTE = { rest: 'full jid', by: ROUTES, isOfJid: true } as const;
const shortcuts: readonly Shortcut[] = [
  { ...OF_ROUTE, kind: 'named start', begins: ADDING },
  { ...OF_ROUTE, kind: 'named end', begins: REMOVING },
];

export const PLAN = new ScanPlan(
  LEVEL_NAMES.map((word) => ({ word, shortcuts, others: [STARTED] })),
  { layout: 'openfire' },
);
