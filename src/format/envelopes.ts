/** The envelopes there are, and those that lines may be of. Of two in which the same lines are understood, the first one holds. */
import { compose, composeStamped } from './envelopes/compose.ts';
import { cri } from './envelopes/cri.ts';
import { dockerJson } from './envelopes/docker-json.ts';
import { ejabberdReports } from './envelopes/ejabberd-reports.ts';
import type { Envelope } from './envelopes/envelope.ts';
import { journalExport } from './envelopes/journal-export.ts';
import { journalJson } from './envelopes/journal-json.ts';
import { mongooseImJson, prosodyJson } from './envelopes/json-lines.ts';
import { rfc5424 } from './envelopes/rfc5424.ts';
import { nested } from './envelopes/nested.ts';
import { dockerLogs, svlogd, tai64n } from './envelopes/stamped.ts';
import { journalFull, journalUnix, syslog } from './envelopes/syslog.ts';

const SIMPLE: readonly Envelope[] = [
  dockerJson,
  journalJson,
  journalExport,
  ejabberdReports,
  prosodyJson,
  mongooseImJson,
  rfc5424,
  syslog,
  journalFull,
  journalUnix,
  cri,
  composeStamped,
  compose,
  tai64n,
  svlogd,
  dockerLogs,
];

const JSON_LINES: readonly Envelope[] = [prosodyJson, mongooseImJson];
/** A key of one of them, whose quote has a backslash in a text of JSON. */
const JSON_KEY = /"(?:datetime|when)\\?":\s?\\?"/;
const AROUND = SIMPLE.filter((envelope) => !JSON_LINES.includes(envelope) && envelope !== ejabberdReports);
const NESTED = AROUND.flatMap((outer) => JSON_LINES.map((inner) => nested(outer, inner)));

export const ENVELOPES: readonly Envelope[] = [...SIMPLE, ...NESTED];

/** Those that some of these lines (one character per byte) may be of. */
export const envelopesOf = (lines: readonly string[]): readonly Envelope[] =>
  (lines.some((line) => JSON_KEY.test(line)) ? ENVELOPES : SIMPLE).filter(({ begins }) =>
    lines.some((line) => begins.test(line)),
  );
