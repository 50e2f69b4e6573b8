/**
 * Logs that are not understood, and yet are known by how their lines begin: so that whoever gives one is told what it is and
 * what would help, and not only that it is not understood.
 */

/** What a log is, as in "this looks like NAME", and what to do. */
export interface Stranger {
  readonly name: string;
  readonly advice: string;
}

const NO_LINES = 'no line in it is of a server that is understood';
const NO_TIME = 'without times where the server writes none: take "docker compose logs -t"';
const NO_XMPP = 'no log of an XMPP server';

const STAMP = String.raw`(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*)`;

const KNOWN: readonly (Stranger & { readonly line: RegExp })[] = [
  // {"log":"Mar 02 10:00:00 c2s55d2\tinfo\tClient connected\n","stream":"stdout","time":"2026-03-02T10:00:00.1Z"}
  { name: "docker's JSON file", advice: NO_LINES, line: /^\{"log":".*"stream":"std(?:out|err)"/ },
  // prosody-1  | Mar 02 10:00:00 c2s55d2	info	Client connected
  { name: 'the output of docker compose', advice: NO_TIME, line: /^[\w.-]+ +\| / },
  // 2026-03-02T10:00:00.123456789Z stdout F Mar 02 10:00:00 c2s55d2	info	Client connected
  { name: "Kubernetes' container log", advice: NO_LINES, line: /^\S+ std(?:out|err) [FP] / },
  // 192.0.2.1 - - [02/Mar/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1
  {
    name: 'the access log of a web server (Apache, nginx)',
    advice: NO_XMPP,
    line: /^\S+ \S+ .*?\[\d\d\/[A-Z][a-z]{2}\/\d{4}:[\d:]{8} [+-]\d{4}\] "/,
  },
  // [Mon Mar 02 10:00:00.123456 2026] [core:notice] [pid 12:tid 34] AH00094
  {
    name: 'the error log of Apache',
    advice: NO_XMPP,
    line: /^\[[A-Z][a-z]{2} [A-Z][a-z]{2} [\d ]\d [\d:.]+ \d{4}\] \[/,
  },
  // 2026/03/02 10:00:00 [error] 12#12: *1 open() failed
  { name: 'the error log of nginx', advice: NO_XMPP, line: /^\d{4}\/\d\d\/\d\d [\d:]{8} \[\w+\] \d+#\d+:/ },
  // Mar  2 10:00:00 vm sshd[12]: Accepted publickey
  {
    name: 'a log of syslog or journald',
    advice: NO_XMPP,
    line: new RegExp(String.raw`^(?:<\d+>(?:1 )?)?${STAMP} [\w.-]+ [\w./@-]+(?:\[\d+\])?: `),
  },
];

/** What most of these lines (one character per byte) are written by; undefined when that is not known. */
export function strangerIn(lines: readonly string[]): Stranger | undefined {
  const full = lines.filter((line) => line !== '');
  const scored = KNOWN.map((stranger) => ({ stranger, count: full.filter((line) => stranger.line.test(line)).length }));
  // What is listed first is what is told more closely.
  const [best] = scored.toSorted((a, b) => b.count - a.count);
  return best && best.count * 2 > full.length ? best.stranger : undefined;
}

/** The end of a sentence about a log that is not understood: `; this looks like ...`, or nothing. */
export function looksLike(lines: readonly string[]): string {
  const stranger = strangerIn(lines);
  return stranger ? `; this looks like ${stranger.name}: ${stranger.advice}` : '';
}
