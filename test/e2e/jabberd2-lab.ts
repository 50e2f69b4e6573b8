/**
 * A real jabberd2 (Debian's) in a directory of its own, on free loopback ports: its router, its session manager and its client
 * connections, each a process with a log. It may run as any user. What it stores is in files, which need no preparation.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Arrivals } from './arrivals.ts';
import { startChild, type Child } from './child.ts';
import { freePorts } from './prosody-lab.ts';
import { connect } from './xmpp-client.ts';

export const HOST = 'jab.example';

const PARTS = ['router', 'sm', 'c2s'] as const;
export type Part = (typeof PARTS)[number];

export interface Jabberd2Lab {
  readonly ports: { readonly c2s: number; readonly http: number };
  /** The log of a part. */
  log(part: Part): string;
  /** What a part has written to it, in all its lives. */
  lines(part: Part): Arrivals<string>;
  /** Starts those parts that do not run and waits until they are ready. */
  start(): Promise<void>;
  /** Sends the signal to some of the parts, and waits for their end. */
  end(signal: 'SIGTERM' | 'SIGKILL', parts?: readonly Part[]): Promise<void>;
  /** Nothing of it runs any more. */
  close(): Promise<void>;
}

/** What each part says when the next one may begin, or the clients. */
const READY: Readonly<Record<Part, string>> = {
  router: 'listening for incoming connections',
  sm: 'sm ready for sessions',
  c2s: 'ready for connections',
};

/** Where its lines go in the place of files of its own: all to one file, as what runs it has the syslog. */
export interface Syslog {
  readonly through: readonly string[];
  readonly file: string;
}

export async function createJabberd2(directory: string, syslog?: Syslog): Promise<Jabberd2Lab> {
  const [router = 0, c2s = 0] = await freePorts(2);
  const log = (part: Part): string => syslog?.file ?? join(directory, `${part}.log`);
  for (const store of ['db', 'fs']) mkdirSync(join(directory, store), { recursive: true });
  writeFileSync(
    join(directory, 'users.xml'),
    '<users><user><name>jabberd</name><secret>secret</secret></user></users>',
  );
  const settings = { directory, router, c2s };
  const logging = (part: Part): string =>
    syslog
      ? `<log type='syslog'><ident>jabberd/${part}</ident><facility>local3</facility></log>`
      : `<log type='file'><file>${log(part)}</file></log>`;
  for (const part of PARTS) writeFileSync(join(directory, `${part}.xml`), configuration(part, settings, logging(part)));
  const running = new Map<Part, Child>();
  const tails = new Map(
    PARTS.map((part) => [part, startChild('tail', ['--lines=+1', '--follow=name', '--retry', log(part)])]),
  );
  const lines = (part: Part): Arrivals<string> => tails.get(part)!.lines;
  return {
    ports: { c2s, http: 0 },
    log,
    lines,
    start: async () => {
      for (const part of PARTS.filter((each) => !running.has(each))) {
        const from = lines(part).all.length;
        const command = [
          ...(syslog?.through ?? []),
          `/usr/sbin/jabberd2-${part}`,
          '-c',
          join(directory, `${part}.xml`),
        ];
        running.set(part, startChild(command[0]!, command.slice(1)));
        await lines(part).first(`${part} is ready`, (line) => line.includes(READY[part]), from);
      }
    },
    end: async (signal, parts = PARTS) => {
      for (const part of parts.toReversed()) {
        await running.get(part)?.end(signal);
        running.delete(part);
      }
    },
    close: async () => {
      for (const part of PARTS) await running.get(part)?.end('SIGKILL');
      for (const tail of tails.values()) await tail.end('SIGTERM');
    },
  };
}

interface Settings {
  readonly directory: string;
  readonly router: number;
  readonly c2s: number;
}

function configuration(part: Part, settings: Settings, logging: string): string {
  const { directory, router } = settings;
  const common = `<id>${part}</id><pidfile>${join(directory, `${part}.pid`)}</pidfile>
    ${logging}`;
  const connection = `<router><ip>127.0.0.1</ip><port>${router}</port><user>jabberd</user><pass>secret</pass></router>`;
  const inside = part === 'router' ? routerSettings(settings) : connection + CONTENTS[part](settings);
  return `<${part}>${common}${inside}</${part}>`;
}

const routerSettings = ({ directory, router }: Settings): string => `
  <local><ip>127.0.0.1</ip><port>${router}</port><users>${join(directory, 'users.xml')}</users><secret>secret</secret></local>
  <aci><acl type='all'><user>jabberd</user></acl></aci>`;

const modules = (chains: Readonly<Record<string, string>>): string =>
  Object.entries(chains)
    .map(([id, names]) => {
      const inside = names.split(' ').map((name) => `<module>${name}</module>`);
      return `<chain id='${id}'>${inside.join('')}</chain>`;
    })
    .join('');

const CONTENTS: Readonly<Record<Exclude<Part, 'router'>, (settings: Settings) => string>> = {
  sm: ({ directory }) => `
  <local><id>${HOST}</id></local>
  <storage><path>${libraries()}</path><driver>fs</driver><fs><path>${join(directory, 'fs')}</path></fs></storage>
  <user><auto-create/></user>
  <modules><path>${libraries()}</path>
    ${modules({
      'in-sess': 'validate roster presence deliver',
      'in-router': 'session validate presence',
      'pkt-user': 'roster presence deliver',
      'pkt-router': 'session',
      'user-load': 'active roster',
      'user-create': 'active',
      'user-delete': 'active roster',
    })}
  </modules>`,
  c2s: ({ directory, c2s }) => `
  <local><id register-enable='mu'>${HOST}</id><ip>127.0.0.1</ip><port>${c2s}</port></local>
  <io><limits><connects>0</connects></limits></io>
  <authreg><path>${libraries()}</path><module>db</module><db><path>${join(directory, 'db')}</path></db>
    <mechanisms><sasl><plain/></sasl></mechanisms>
  </authreg>`,
};

/** Where Debian has put jabberd2's modules on this architecture. */
function libraries(): string {
  const found = readdirSync('/usr/lib').find(
    (name) => name.endsWith('-linux-gnu') && readdirSync(`/usr/lib/${name}`).includes('jabberd2'),
  );
  if (found === undefined) throw new Error('jabberd2 is not installed: apt-get install jabberd2');
  return `/usr/lib/${found}/jabberd2`;
}

/** XEP-0077: an account with the password `secret`. */
export async function register({ ports }: Jabberd2Lab, user: string): Promise<void> {
  const wire = await connect('c2s', ports, HOST);
  await wire.open();
  const account = `<username>${user}</username><password>secret</password>`;
  await wire.send(`<iq type='set' id='r'><query xmlns='jabber:iq:register'>${account}</query></iq>`);
  await wire.expect(/<iq[^>]* type='result'/);
  await wire.close();
}
