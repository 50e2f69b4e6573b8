/** What a session id can mean: as numbers, and as it is stored. */

/** What is kept of a session id until it means something else; plain JSON, times in unix seconds. */
export interface Session {
  readonly user: string;
  /** The login. */
  readonly since: number;
  /**
   * `open`: online. `away`: disconnected, and online until `at + hibernationSeconds` because this user resumes sessions,
   * or the log says that it hibernates.
   * `ended`: offline since `at`; a further end of the id means that it had been resumed. `carrier`: taken for the carrier
   * of a resumption, so offline since that session ended; or over BOSH, and not heard of for long. `bound`: online until `unbind`. `unbound`: logged in, of a log
   * that will tell when it is bound. `removed`: bound when its account was removed, so that its end is no activity.
   */
  readonly state: 'open' | 'away' | 'ended' | 'carrier' | 'bound' | 'unbound' | 'removed';
  /** When it got into this state. */
  readonly at: number;
  readonly resource?: string;
}

/** Undefined for an id that means nothing any more. */
export type SessionChange = readonly [id: string, session: Session | undefined];

/** The states as numbers, also as they are stored (session-pack.ts); none for a session that is not there. Those before `ENDED` are online. */
export const NONE = 0;
export const OPEN = 1;
export const AWAY = 2;
export const BOUND = 3;
export const ENDED = 4;
export const CARRIER = 5;
export const UNBOUND = 6;
export const REMOVED = 7;
export const STATES: readonly (Session['state'] | '')[] = [
  '',
  'open',
  'away',
  'bound',
  'ended',
  'carrier',
  'unbound',
  'removed',
] as const;

export const isOnlineState = (state: number): boolean => state !== NONE && state < ENDED;
/** Whether the session makes its user online. */
export const isOnline = ({ state }: Pick<Session, 'state'>): boolean => isOnlineState(STATES.indexOf(state));
