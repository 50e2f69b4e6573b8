/** The envelopes there are. Of two in which the same lines are understood, the first one holds. */
import { compose, composeStamped } from './envelopes/compose.ts';
import { cri } from './envelopes/cri.ts';
import { dockerJson } from './envelopes/docker-json.ts';
import { ejabberdReports } from './envelopes/ejabberd-reports.ts';
import type { Envelope } from './envelopes/envelope.ts';
import { journalExport } from './envelopes/journal-export.ts';
import { journalJson } from './envelopes/journal-json.ts';
import { mongooseImJson, prosodyJson } from './envelopes/json-lines.ts';
import { rfc5424 } from './envelopes/rfc5424.ts';
import { dockerLogs, svlogd, tai64n } from './envelopes/stamped.ts';
import { journalFull, journalUnix, syslog } from './envelopes/syslog.ts';

export const ENVELOPES: readonly Envelope[] = [
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
