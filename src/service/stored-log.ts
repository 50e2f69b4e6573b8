/** What is kept of a log between runs, beside its sessions and positions; and the same of what older versions kept. */
import type { Session, SessionsContext } from '../activity/sessions.ts';
import { spansSince, type Span } from '../activity/coverage.ts';
import type { LineDecoderState } from '../format/line-decoder.ts';
import type { Unbelieved } from './unbelieved.ts';

/** Plain JSON. */
export interface StoredLog extends SessionsContext {
  readonly server: string;
  /** The server's version, where the log has named it. */
  readonly version?: string;
  readonly reader: LineDecoderState;
  readonly coverage: readonly Span[];
  readonly unbelieved?: readonly Unbelieved[];
  /** As `Lifetime` has it. */
  readonly lived: readonly Span[];
  /** Times in `coverage` of which lines were lost. */
  readonly lost?: readonly Span[];
  /** Lines were lost behind that instant, unix seconds, and none has come since. */
  readonly lostSince?: number;
}

/** The same together with its sessions, by id. */
export interface StoredState {
  readonly log: StoredLog;
  readonly sessions: readonly (readonly [string, Session])[];
}

/** In an index of version 1 some of it was told only by what Prosody's dialect keeps for itself, and some not at all. */
type OlderLog = Pick<StoredLog, 'server' | 'reader' | 'coverage'> & Partial<StoredLog>;

/** `hasResumption`: whether any user was ever seen to resume a session, which is all that version 0.1.0 kept of it. */
export function storedLogOf(entry: unknown, hasResumption: boolean): StoredLog {
  const older = entry as OlderLog;
  const { detail, version } = older.reader.parser;
  return {
    hasResumption,
    detail: detail === true,
    ...(typeof version === 'string' && version !== '' && { version }),
    lived: older.coverage,
    ...older,
  };
}

/** As it is when nothing is known of the time before that instant, unix seconds, any more; itself where that changes nothing. */
export function uncovered(log: StoredLog, since: number): StoredLog {
  return log.coverage.some(([from]) => from < since) ? { ...log, coverage: spansSince(log.coverage, since) } : log;
}
