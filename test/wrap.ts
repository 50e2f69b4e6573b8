/** The lines of a file of Prosody's as other ways would have brought them: what syslog, journald, docker and others make of them. */

/** One message: unix seconds, who printed it, its level, and what was said. */
export interface Message {
  readonly at: number;
  readonly source: string;
  readonly level: string;
  readonly text: string;
}

/** The begin of made-up messages, unix seconds. */
export const START = Date.UTC(2026, 2, 2, 10) / 1000;
/** One at info level, so many seconds behind it. */
export const message = (second: number, source: string, text: string): Message => ({
  at: START + second,
  source,
  level: 'info',
  text,
});

/** The messages of a file of the campaigns in test/logs, whose stamps are of 2026 and UTC. */
export function messagesOf(log: Buffer): Message[] {
  return log
    .toString('latin1')
    .split('\n')
    .flatMap((line) => {
      const m = /^([A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d) (\S+)\t(\w+)\t(.*)$/.exec(line);
      return m ? [{ at: Date.parse(`${m[1]} 2026 UTC`) / 1000, source: m[2]!, level: m[3]!, text: m[4]! }] : [];
    });
}

export interface WrappedForm {
  readonly name: string;
  /** As `check` says it. */
  readonly envelope: RegExp;
  /** What the server wrote: to syslog, which keeps a message together, or to its standard output, of which each line is one. */
  readonly of: 'syslog' | 'output';
  readonly line: (message: Message, text: string) => string;
  /** The stamps are of the zone of the log, not of UTC. */
  readonly isLocal?: true;
}

/** From 0.12 on a line break is followed by a tab. */
export function wrapped({ of, line }: WrappedForm, message: Message): string {
  const text = message.text.replaceAll('\n', '\n\t');
  if (of === 'syslog') return line(message, `${message.source}: ${text}`);
  const lines = output({ ...message, text }).split('\n');
  return lines.map((each) => line(message, each)).join('\n');
}

const iso = (at: number): string => new Date(at * 1000).toISOString();
const toSecond = (at: number): string => iso(at).slice(0, 19);
const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec';
function short(at: number): string {
  const d = new Date(at * 1000);
  const month = MONTHS.slice(d.getUTCMonth() * 3, d.getUTCMonth() * 3 + 3);
  return `${month} ${String(d.getUTCDate()).padStart(2)} ${iso(at).slice(11, 19)}`;
}
const weekday = (at: number): string => new Date(at * 1000).toUTCString().slice(0, 3);
const severity = ({ level }: Message): number => ({ debug: 7, info: 6, warn: 4 })[level] ?? 2;
/** As on the standard output. */
export const output = ({ source, level, text }: Message): string => `${source.padEnd(20)} ${level}\t${text}`;
const shown = (text: string): string => text.replaceAll('\t', ' '.repeat(8)).replaceAll('\n', `\n${' '.repeat(40)}`);
const escaped = (text: string): string =>
  // eslint-disable-next-line no-control-regex
  text.replaceAll(/[\0-\x1f\x7f]/g, (c) => `#${c.charCodeAt(0).toString(8).padStart(3, '0')}`);
const tai = (at: number): string => `@${(2n ** 62n + 10n + BigInt(at)).toString(16)}1234abcd`;
const fraction = (at: number): string => ['', '.5', '.123456789'][at % 3] ?? '';

function journal(message: Message, text: string): Record<string, string> {
  return {
    _HOSTNAME: 'vm',
    MESSAGE: text,
    SYSLOG_IDENTIFIER: 'prosody',
    PRIORITY: String(severity(message)),
    __REALTIME_TIMESTAMP: `${message.at}123456`,
    _BOOT_ID: '0a7b5e199ed740a18388b46ebddcc76f',
  };
}

/** A value with a line break stands behind its length. */
function exported(name: string, value: string): string {
  if (!value.includes('\n')) return `${name}=${value}\n`;
  const length = Buffer.alloc(8);
  length.writeUInt32LE(value.length);
  return `${name}\n${length.toString('latin1')}${value}\n`;
}

export const WRAPPED_FORMS: readonly WrappedForm[] = [
  {
    name: 'rsyslog, traditional',
    envelope: /^syslog/,
    isLocal: true,
    of: 'syslog',
    line: (m, text) => `${short(m.at)} vm prosody[12]: ${escaped(text)}`,
  },
  {
    name: 'rsyslog, traditional, of the output',
    envelope: /^syslog/,
    isLocal: true,
    of: 'output',
    line: (m, text) => `${short(m.at)} vm prosody[12]: ${escaped(text)}`,
  },
  {
    name: 'rsyslog, file format',
    envelope: /^syslog/,
    of: 'syslog',
    line: (m, text) => `${toSecond(m.at)}.123456+00:00 vm prosody[12]: ${escaped(text)}`,
  },
  {
    name: 'rsyslog, RFC 5424',
    envelope: /5424/,
    of: 'syslog',
    line: (m, text) => `<${24 + severity(m)}>1 ${toSecond(m.at)}.123456+00:00 vm prosody 12 - -  ${escaped(text)}`,
  },
  {
    name: 'journalctl -o short-iso',
    envelope: /^syslog or journalctl/,
    of: 'output',
    line: (m, text) => `${toSecond(m.at)}+0000 vm prosody[12]: ${shown(text)}`,
  },
  {
    name: 'journalctl -o short-precise',
    envelope: /^syslog or journalctl/,
    isLocal: true,
    of: 'syslog',
    line: (m, text) => `${short(m.at)}.123456 vm prosody[12]: ${shown(text)}`,
  },
  {
    name: 'journalctl -o short-full',
    envelope: /short-full/,
    of: 'output',
    line: (m, text) => `${weekday(m.at)} ${toSecond(m.at).replace('T', ' ')} UTC vm prosody[12]: ${shown(text)}`,
  },
  {
    name: 'journalctl -o with-unit',
    envelope: /with-unit/,
    of: 'syslog',
    line: (m, text) =>
      `${weekday(m.at)} ${toSecond(m.at).replace('T', ' ')} UTC vm prosody.service[12]: ${shown(text)}`,
  },
  {
    name: 'journalctl -o short-unix',
    envelope: /short-unix/,
    of: 'syslog',
    line: (m, text) => `${m.at}.123456 vm prosody[12]: ${shown(text)}`,
  },
  {
    name: 'journalctl -o json',
    envelope: /-o json/,
    of: 'syslog',
    line: (m, text) => JSON.stringify(journal(m, text)),
  },
  {
    name: 'journalctl -o json, of systemd 235 and before',
    envelope: /-o json/,
    of: 'syslog',
    line: (m, text) => {
      const fields = Object.entries(journal(m, text)).map(([key, value]) => `"${key}" : ${JSON.stringify(value)}`);
      return `{ ${fields.join(', ')} }`;
    },
  },
  {
    name: 'journalctl -o json, of the output',
    envelope: /-o json/,
    of: 'output',
    line: (m, text) => JSON.stringify(journal(m, text)),
  },
  {
    name: 'journalctl -o export',
    envelope: /-o export/,
    of: 'syslog',
    line: (m, text) =>
      Object.entries(journal(m, text))
        .map(([name, value]) => exported(name, value))
        .join(''),
  },
  {
    name: "docker's json-file",
    envelope: /json-file/,
    of: 'output',
    line: (m, text) =>
      JSON.stringify({ log: `${text}\n`, stream: 'stdout', time: `${toSecond(m.at)}${fraction(m.at)}Z` }),
  },
  {
    name: "Prosody's mod_log_json",
    envelope: /mod_log_json/,
    of: 'syslog',
    line: ({ at, source, level, text }) =>
      JSON.stringify({ datetime: `${toSecond(at)}Z`, source, message: '%s', args: [text], level }),
  },
  {
    name: "Kubernetes' container log",
    envelope: /Kubernetes/,
    of: 'output',
    line: (m, text) => `${toSecond(m.at)}${fraction(m.at)}Z stdout F ${text}`,
  },
  {
    name: 'docker compose logs -t',
    envelope: /compose logs -t/,
    of: 'output',
    line: (m, text) => `prosody-1  | ${toSecond(m.at)}.123456789Z ${text}`,
  },
  {
    name: 'docker compose logs',
    envelope: /compose logs$/,
    isLocal: true,
    of: 'output',
    line: (m, text) => `\x1b[36mprosody-1  | \x1b[0m${toSecond(m.at).replace('T', ' ')} ${text}`,
  },
  { name: 'multilog', envelope: /multilog/, of: 'output', line: (m, text) => `${tai(m.at)} ${text}` },
  {
    name: 'svlogd -tt',
    envelope: /svlogd -tt/,
    of: 'output',
    line: (m, text) => `${toSecond(m.at).replace('T', '_')}.12345 ${text}`,
  },
];
