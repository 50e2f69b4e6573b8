/** The lines of a file of Prosody's as other ways would have brought them: what syslog, journald, docker and others make of them. */

/** One message: unix seconds, who printed it, its level, and what was said. */
export interface Message {
  readonly at: number;
  readonly source: string;
  readonly level: string;
  readonly text: string;
}

export interface WrappedForm {
  readonly name: string;
  /** As `check` says it. */
  readonly envelope: RegExp;
  readonly wrap: (message: Message) => string;
  /** The stamps are of the zone of the log, not of UTC. */
  readonly isLocal?: true;
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
/** As to syslog. */
const body = ({ source, text }: Message): string => `${source}: ${text}`;
/** As on the standard output. */
export const output = ({ source, level, text }: Message): string => `${source.padEnd(20)} ${level}\t${text}`;
const shown = (text: string): string => text.replaceAll('\t', ' '.repeat(8));
const escaped = (text: string): string => text.replaceAll('\t', '#011');
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

export const WRAPPED_FORMS: readonly WrappedForm[] = [
  {
    name: 'rsyslog, traditional',
    envelope: /^syslog/,
    isLocal: true,
    wrap: (m) => `${short(m.at)} vm prosody[12]: ${escaped(body(m))}`,
  },
  {
    name: 'rsyslog, traditional, of the output',
    envelope: /^syslog/,
    isLocal: true,
    wrap: (m) => `${short(m.at)} vm prosody[12]: ${escaped(output(m))}`,
  },
  {
    name: 'rsyslog, file format',
    envelope: /^syslog/,
    wrap: (m) => `${toSecond(m.at)}.123456+00:00 vm prosody[12]: ${escaped(body(m))}`,
  },
  {
    name: 'rsyslog, RFC 5424',
    envelope: /5424/,
    wrap: (m) => `<${24 + severity(m)}>1 ${toSecond(m.at)}.123456+00:00 vm prosody 12 - -  ${escaped(body(m))}`,
  },
  {
    name: 'journalctl -o short-iso',
    envelope: /^syslog or journalctl/,
    wrap: (m) => `${toSecond(m.at)}+0000 vm prosody[12]: ${shown(output(m))}`,
  },
  {
    name: 'journalctl -o short-precise',
    envelope: /^syslog or journalctl/,
    isLocal: true,
    wrap: (m) => `${short(m.at)}.123456 vm prosody[12]: ${body(m)}`,
  },
  {
    name: 'journalctl -o short-full',
    envelope: /short-full/,
    wrap: (m) => `${weekday(m.at)} ${toSecond(m.at).replace('T', ' ')} UTC vm prosody[12]: ${shown(output(m))}`,
  },
  {
    name: 'journalctl -o with-unit',
    envelope: /with-unit/,
    wrap: (m) => `${weekday(m.at)} ${toSecond(m.at).replace('T', ' ')} UTC vm prosody.service[12]: ${body(m)}`,
  },
  {
    name: 'journalctl -o short-unix',
    envelope: /short-unix/,
    wrap: (m) => `${m.at}.123456 vm prosody[12]: ${body(m)}`,
  },
  { name: 'journalctl -o json', envelope: /-o json/, wrap: (m) => JSON.stringify(journal(m, body(m))) },
  {
    name: 'journalctl -o json, of the output',
    envelope: /-o json/,
    wrap: (m) => JSON.stringify(journal(m, output(m))),
  },
  {
    name: 'journalctl -o export',
    envelope: /-o export/,
    wrap: (m) =>
      Object.entries(journal(m, body(m)))
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
  },
  {
    name: "docker's json-file",
    envelope: /json-file/,
    wrap: (m) =>
      JSON.stringify({ log: `${output(m)}\n`, stream: 'stdout', time: `${toSecond(m.at)}${fraction(m.at)}Z` }),
  },
  {
    name: "Prosody's mod_log_json",
    envelope: /mod_log_json/,
    wrap: ({ at, source, level, text }) =>
      JSON.stringify({ datetime: `${toSecond(at)}Z`, source, message: '%s', args: [text], level }),
  },
  {
    name: "Kubernetes' container log",
    envelope: /Kubernetes/,
    wrap: (m) => `${toSecond(m.at)}${fraction(m.at)}Z stdout F ${output(m)}`,
  },
  {
    name: 'docker compose logs -t',
    envelope: /compose logs -t/,
    wrap: (m) => `prosody-1  | ${toSecond(m.at)}.123456789Z ${output(m)}`,
  },
  {
    name: 'docker compose logs',
    envelope: /compose logs$/,
    isLocal: true,
    wrap: (m) => `\x1b[36mprosody-1  | \x1b[0m${toSecond(m.at).replace('T', ' ')} ${output(m)}`,
  },
  { name: 'multilog', envelope: /multilog/, wrap: (m) => `${tai(m.at)} ${output(m)}` },
  {
    name: 'svlogd -tt',
    envelope: /svlogd -tt/,
    wrap: (m) => `${toSecond(m.at).replace('T', '_')}.12345 ${output(m)}`,
  },
];
