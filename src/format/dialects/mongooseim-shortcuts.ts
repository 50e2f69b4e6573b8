/** What comes so often in MongooseIM's log that a scanner takes it: the messages of mongooseim.ts in their plain form. */
import { ScanPlan, type LevelPlan, type Shortcut } from '../scanner/plan.ts';

/** Of the levels that begin with the same letter only one is known here. */
const LEVELS = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert'];
/** Where versions print it that tell the end of a session, too. */
export const TELLS_END = 'ejabberd_c2s:';

const OF_FIELDS = { rest: 'fields', isOfJid: true } as const;
const ENDED: Shortcut = { ...OF_FIELDS, kind: 'named end', begins: 'what=close_session ' };
const OPENED: Shortcut = { ...OF_FIELDS, kind: 'named start', begins: 'what=c2s_opened_session ' };
const OTHERS = ['what=mongooseim_node_st', 'what=c2s_statem_terminate '];

const planOf = (words: readonly string[], opened: Shortcut): ScanPlan =>
  new ScanPlan(
    words.map((word): LevelPlan => ({ word, shortcuts: [opened, ENDED], others: OTHERS })),
    { layout: 'mongooseim' },
  );

const DETAILED = planOf(LEVELS, OPENED);
/** The first line of level debug tells that there are such. */
const PLAIN = planOf(
  LEVELS.filter((word) => word !== 'debug'),
  { ...OPENED, by: TELLS_END },
);

export const planFor = (hasDetails: boolean): ScanPlan => (hasDetails ? DETAILED : PLAIN);
