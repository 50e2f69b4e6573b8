/**
 * A real rsyslogd (Debian's) in a directory of its own, with the templates that it brings, and programs whose syslog(3) leads there.
 * That takes root: they see another /dev.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startChild } from './child.ts';

/** Debian's until 11, its default since, and RFC 5424. */
export const TEMPLATES = [
  'RSYSLOG_TraditionalFileFormat',
  'RSYSLOG_FileFormat',
  'RSYSLOG_SyslogProtocol23Format',
] as const;
export type Template = (typeof TEMPLATES)[number];

export interface RsyslogLab {
  /** Where the messages of the server are, in a template. */
  log(template: Template): string;
  /** Where all messages are, in the second of them. */
  readonly all: string;
  /** What runs a program, its name and arguments behind, so that it logs here. */
  readonly through: readonly string[];
  /** A message of whoever may write there. */
  say(tag: string, message: string): void;
  /** Waits until a line with the words is in all the files, or in what is rotated of them. */
  written(words: string): Promise<void>;
  /** As logrotate does: to `.1`, and the daemon is told. */
  rotate(): void;
  close(): Promise<void>;
}

/** `tag`: what the messages of the server are told by. */
export async function createRsyslog(directory: string, tag: string): Promise<RsyslogLab> {
  if (process.getuid?.() !== 0) throw new Error('only root can mount a /dev/log: run the tests as root');
  if (!existsSync('/usr/sbin/rsyslogd')) throw new Error('rsyslog is not installed: apt-get install rsyslog');
  const at = (name: string): string => join(directory, name);
  mkdirSync(at('dev'), { recursive: true });
  const log = (template: Template): string => at(`${template}.log`);
  writeFileSync(at('rsyslog.conf'), configuration(at, tag, log));
  const tails = ['all', ...TEMPLATES].map((name) =>
    startChild('tail', ['--lines=+1', '--follow=name', '--retry', at(`${name}.log`)]),
  );
  const [all] = tails;
  const daemon = startChild('rsyslogd', ['-n', '-f', at('rsyslog.conf'), '-i', at('pid')]);
  const close = async (): Promise<void> => {
    for (const child of [daemon, ...tails]) await child.end('SIGTERM');
  };
  await all!.lines
    .first('start of rsyslogd', (line) => / start$/.test(line))
    .catch(async (error: unknown) => {
      await close();
      throw error;
    });
  return {
    log,
    all: at('all.log'),
    through: ['unshare', '--mount', 'sh', '-euc', OTHER_DEV, 'sh', at('dev'), at('socket')],
    say: (from, message) => {
      const sent = spawnSync('logger', ['--socket', at('socket'), '--tag', from, '--size', '100000', message]);
      if (sent.status !== 0) throw new Error(sent.stderr.toString());
    },
    written: async (words) => {
      for (const { lines } of tails.slice(1)) await lines.first(words, (line) => line.includes(words));
    },
    rotate: () => {
      for (const template of TEMPLATES) renameSync(log(template), `${log(template)}.1`);
      daemon.process.kill('SIGHUP');
    },
    close,
  };
}

function configuration(at: (name: string) => string, tag: string, log: (template: Template) => string): string {
  const files = TEMPLATES.map((template) => `action(type="omfile" file="${log(template)}" template="${template}")`);
  return `
global(workDirectory="${at('')}" processInternalMessages="on")
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="${at('socket')}" RateLimit.Interval="0")
action(type="omfile" file="${at('all.log')}" template="RSYSLOG_FileFormat")
if $syslogtag startswith '${tag}' then {
  ${files.join('\n  ')}
}
`;
}

/** A /dev of few devices, whose `log` is the socket. */
const OTHER_DEV = `
dev=$1 socket=$2; shift 2
mount -t tmpfs tmpfs "$dev"
for device in null zero full random urandom; do touch "$dev/$device"; mount --bind "/dev/$device" "$dev/$device"; done
ln -s "$socket" "$dev/log"
ln -s /proc/self/fd "$dev/fd"
mount --rbind "$dev" /dev
exec "$@"`;
