/** What a line of a server's log says about sessions: the values that leave this room, and what a server's file must offer. */

import type { LogLevel } from '../log-level.ts';
import type { ScanPlan } from '../scanner/plan.ts';
import type { LineScanner } from '../scanner/scanner.ts';

/** `session` is the server's own id for a session, unique only while it is open. `user` is a bare JID, case-folded. */
export type Finding =
  /** An id begins; whatever it meant before is over. */
  | { readonly kind: 'connect'; readonly session: string }
  /** A login. With a resource it is that of a full JID whose end will name it, too. */
  | { readonly kind: 'start'; readonly session: string; readonly user: string; readonly resource?: string }
  /**
   * The end of a connection, which may be the end of the session; or certainly is, as it is `over`; or, directly behind the end,
   * that the session `hibernates`.
   */
  | { readonly kind: 'end'; readonly session: string; readonly hibernates?: true; readonly over?: true }
  /** The end of a session that is named: `behind` begins with its resource, and what stands behind that is no more of it. */
  | {
      readonly kind: 'end';
      readonly session: string;
      readonly user: string;
      readonly behind: string;
      readonly hibernates?: undefined;
      readonly over?: undefined;
    }
  /** A full JID came online or went offline: the exact signs of a debug log. Or it is resumed, by another session. */
  | { readonly kind: 'bind' | 'unbind'; readonly session: string; readonly user: string; readonly resource: string }
  | { readonly kind: 'removed' | 'disabled' | 'enabled'; readonly user: string }
  /** Whether the log has debug lines from here on, so that `bind` and `unbind` are to be waited for. */
  | { readonly kind: 'detail'; readonly on: boolean }
  /** Lines may have been lost: the logger throws away what is too much for it. */
  | { readonly kind: 'loss' }
  /**
   * `logsOut`: who is online by then is not any more. Of a start they were until the last line `before` it, unix seconds, which
   * a parser does not know.
   */
  | { readonly kind: 'server-start'; readonly logsOut?: true; readonly before?: number }
  | { readonly kind: 'server-stop'; readonly logsOut?: true };

/** The session of an end that is named, where the line does not tell which it is. */
export const UNKNOWN_SESSION = '(unknown)';

/** Begins the resource of a session that is no stream, as of MQTT: one of each may be open under a full JID. */
export const OTHER_RESOURCE = '\u0001';

/** A finding and when: `at` is in whole unix seconds, UTC. */
export type SessionEvent = Finding & { readonly at: number };

/** Lines are missing before `at`, unix seconds, of a log in which the ends of sessions are `named`, or are not. */
export interface Gap {
  readonly kind: 'gap';
  readonly at: number;
  readonly named?: true;
}

/** What becomes of the lines of a log. */
export type Happening = SessionEvent | Gap;

/** What a parser has to remember from one line to the next; plain JSON. */
export type ParserState = Readonly<Record<string, boolean | string>>;

/**
 * A line without event: `plain`, a line of its own; `first`, the first one of a server that starts; `continuation`, a further line of the message before, which may be the
 * text of a remote party and proves nothing, not even the time; `quoted`, taken for one though it may be a line of its own;
 * `foreign`, none of this server's; `held`, not read, as it is read again together with the lines that come next.
 */
export type Eventless = 'plain' | 'first' | 'continuation' | 'quoted' | 'foreign' | 'held';

/**
 * Asks for lines to be read again together with those that come next, as these tell whose text they are: from the one on that
 * begins at `from` in the text of the block, which is the line of now or one behind it. False: none come, or too much has been
 * waited for, and they are told as they are.
 */
export type Hold = (from: number) => boolean;

export const holdNothing: Hold = () => false;

/** What a scanner tells of the lines that it took. */
export type Passed = Pick<LineScanner, 'lines' | 'inSecond' | 'seconds' | 'lastLine'>;

/** Reads the lines of one log in their order. */
export interface Parser {
  readonly state: ParserState;
  /**
   * What the line in `text` from `start` to `end` says (no newline; the text is one character per byte). The lines behind it
   * in `text` may be looked at, a bounded number of them. Never throws.
   */
  parse(text: string, start: number, end: number): Finding | Eventless;
  /** Where the stamp of the line found last ends; it begins where the line does and must be all that stands there. */
  readonly stampEnd: number;
  /** Where the stamp would end that a line begins with; negative where there can be none. */
  stampEndOf(line: string): number;
  /** The server's version, where the log has named it. */
  readonly version: string | undefined;
  /** What a scanner may decide of the lines behind the one parsed last; undefined: nothing. */
  readonly plan: ScanPlan | undefined;
  /** A scanner may pass so many lines of one second at most; undefined: as many as there are. */
  readonly mostInSecond?: number;
  /** Lines of `bytes` went by that a scanner has looked at. */
  passed(scanned: Passed, bytes: Buffer): void;
  /** Whether the lines behind this one are needed to tell what it says. */
  needsContext(line: string): boolean;
  /** Whether the line parsed last may be the text of a remote party in a message before; undefined: that is never known. */
  readonly isQuoting?: boolean | undefined;
  /** Before the lines of a block, which go on from those before. */
  beginBlock?(text: () => string, hold: Hold): void;
}

/** Where the parts of a line are that was not written into a file; offsets. */
export interface BareLine {
  /** Behind what stands in front of `head`; that begins where the line does. */
  sourceEnd: number;
  /** What a file has between the two. */
  head: Buffer;
  message: number;
  /** It was written to the standard output, which has lines, and not to syslog, which has messages. */
  isOutput: boolean;
  /** What wrote it, as it is called in front of the line; empty where that is not told. */
  readonly program: string;
}

/** Ends a plain line of which the end was lost on its way. No server writes it. */
export const LOST_END = '\u001e';

export interface Dialect {
  /** The name in `server = "..."`. */
  readonly name: string;
  /** Older versions of the server write as this one does. */
  readonly formerly?: Dialect;
  begin(state?: ParserState): Parser;
  /**
   * Finds out how the file would have a line that the server wrote without a stamp, to syslog or to its standard output: what is in
   * `bytes` from `from` to `to`. `severity`: syslog's, 0 to 7, or -1. False: as it is, behind a stamp.
   */
  readonly bare?: (bytes: Buffer, from: number, to: number, severity: number, into: BareLine) => boolean;
  /** Stands in every line with which the server starts and tells its version. */
  readonly welcome: string;
  /** Whether a server of this version lets a remote party write whole lines of its choosing into the log. */
  isForgeable(version: string): boolean;
  /** Whether a server of this version marks the further lines of a message: then no text of a remote party can begin a line. */
  readonly marksContinuations?: (version: string) => boolean;
  /** The level of a line; undefined where it is none of this server's, or tells none. */
  levelOf(line: string): LogLevel | undefined;
  /** The end of a session names it: an id that comes again is not taken for another session's. */
  readonly namesSessions?: true;
  /** Lines that a remote party made it write are told from its own by what stands around them, as if a line were cut there. */
  readonly tellsForged?: true;
  /** What is told of a log of this server. */
  readonly advice: Advice;
  /** Name of a file beside the log in which the server repeats some of its lines. */
  readonly repeats?: string;
}

/** Parts of sentences. */
export interface Advice {
  /** How right the counts are, by the lowest level of which there are lines. */
  readonly exactness: Readonly<Record<'debug' | 'info', string>>;
  /** "follow the one of level info, ...": where the server is told to write it. */
  readonly infoLog: string;
  /** "lines passed over as the text of a remote party, ...": why that has to be guessed. */
  readonly quoting: string;
}
