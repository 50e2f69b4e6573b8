/** Logs of servers besides Prosody that never were, with what each writes while its users log in and out, at the level that tells of sessions. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { Agenda } from './agenda.ts';
import { END } from './made-log.ts';

/** A session: the number of the login, its user, and what stands for it in the log. */
interface Session {
  readonly n: number;
  readonly jid: string;
  readonly resource: string;
}

/** A line of a server's, with its stamp. */
type Line = (at: number, session: Session) => string;

export interface Server {
  readonly name: string;
  readonly opens: readonly Line[];
  readonly closes: readonly Line[];
}

const DAYS = 30;
const USERS = 40_000;

const iso = (at: number): string => new Date(at * 1000).toISOString();
const dayTime = (at: number): string => iso(at).slice(0, 19).replace('T', ' ');
const fraction = (n: number, digits: number): string => String((n * 7919) % 10 ** digits).padStart(digits, '0');
const own = ({ n }: Session): string => `<0.${700 + (n % 90_000)}.0>`;
const port = ({ n }: Session): number => 30_000 + (n % 30_000);

const ejabberd =
  (isLager: boolean) =>
  (who: string, text: (session: Session) => string): Line =>
  (at, session) => {
    const stamp = isLager ? `.${fraction(session.n, 3)}` : `.${fraction(session.n, 6)}+00:00`;
    return `${dayTime(at)}${stamp} [info] ${own(session)}@${who} ${text(session)}`;
  };
const otp = ejabberd(false);
const lager = ejabberd(true);
const otpSocket = (session: Session): string => `(tls|${own(session)})`;
const lagerSocket = (session: Session): string => `({socket_state,p1_tls,#Port<0.${port(session)}>,${own(session)}})`;

const jabberd2 =
  (text: (session: Session) => string): Line =>
  (at, session) => {
    const [day = '', date = '', month = '', year = '', time = ''] = new Date(at * 1000).toUTCString().split(/,? /);
    return `${day} ${month} ${String(Number(date)).padStart(2)} ${time} ${year} [notice] ${text(session)}`;
  };
const connection = ({ n }: Session): string => `[${11 + (n % 3000)}]`;

const mongooseim =
  (what: string, at: string, text: (session: Session) => string): Line =>
  (when, session) =>
    `when=${iso(when).slice(0, 19)}.${fraction(session.n, 6)}+00:00 level=info what=${what} pid=${own(session)} at=${at} ${text(session)} `;
const names = ({ jid, resource }: Session): string =>
  `user="${jid.split('@')[0]}" server="chat.example" resource="${resource}" jid="${jid}/${resource}"`;

const mongooseimJson =
  (what: string, module: string): Line =>
  (at, session) => {
    const { n, jid, resource } = session;
    return JSON.stringify({
      jid: `${jid}/${resource}`,
      level: 'info',
      meta: { mfa: `{${module}}`, line: 1758, pid: own(session) },
      resource,
      server: 'chat.example',
      user: jid.split('@')[0],
      what,
      when: `${iso(at).slice(0, 19)}.${fraction(n, 6)}+00:00`,
    });
  };

const openfire =
  (logger: string, text: (session: Session) => string): Line =>
  (at, session) =>
    `${dayTime(at).replaceAll('-', '.')}.${fraction(session.n, 3)} DEBUG [socket_c2s-thread-${session.n % 9}]: org.jivesoftware.openfire.${logger} - ${text(session)}`;

const tigase =
  (method: string, text: (session: Session) => string): Line =>
  (at, session) =>
    `[${dayTime(at)}:${fraction(session.n, 3)}] [FINEST ] [ in_${session.n % 9}-sess-man ] SessionManager.${method}(): ${text(session)}`;
const resourceConnection = (session: Session): string =>
  `XMPPResourceConnection=[user_jid=${session.jid}/${session.resource}, packets=9, connectioId=c2s@vm/192.0.2.1_5222_192.0.2.9_${port(session)}, domain=chat.example, authState=AUTHORIZED, isAnon=false, isTmp=false]`;

const full = ({ jid, resource }: Session): string => `${jid}/${resource}`;

export const SERVERS: readonly Server[] = [
  {
    name: 'ejabberd',
    opens: [
      otp(
        'ejabberd_listener:accept/7:291',
        (s) => `(${own(s)}) Accepted connection 192.0.2.7:${port(s)} -> 192.0.2.1:5222`,
      ),
      otp(
        'ejabberd_c2s:process_auth_result/3:278',
        (s) => `${otpSocket(s)} Accepted c2s PLAIN authentication for ${s.jid} by mnesia backend from 192.0.2.7`,
      ),
      otp('ejabberd_c2s:bind/2:450', (s) => `${otpSocket(s)} Opened c2s session for ${full(s)}`),
    ],
    closes: [
      otp(
        'ejabberd_c2s:process_terminated/2:305',
        (s) => `${otpSocket(s)} Closing c2s session for ${full(s)}: Stream reset by peer`,
      ),
    ],
  },
  {
    name: 'ejabberd, as lager wrote it',
    opens: [
      lager(
        'ejabberd_listener:accept:299',
        (s) => `(#Port<0.${port(s)}>) Accepted connection 192.0.2.7:${port(s)} -> 192.0.2.1:5222`,
      ),
      lager(
        'ejabberd_c2s:wait_for_sasl_response:1003',
        (s) =>
          `${lagerSocket(s)} Accepted authentication for ${s.jid.split('@')[0]} by ejabberd_auth_internal from 192.0.2.7`,
      ),
      lager('ejabberd_c2s:open_session:1147', (s) => `${lagerSocket(s)} Opened session for ${full(s)}`),
    ],
    closes: [lager('ejabberd_c2s:terminate:1793', (s) => `${lagerSocket(s)} Close session for ${full(s)}`)],
  },
  {
    name: 'jabberd2, sm.log',
    opens: [jabberd2((s) => `session started: jid=${full(s)}`)],
    closes: [jabberd2((s) => `session ended: jid=${full(s)}`), jabberd2((s) => `user unloaded jid=${s.jid}`)],
  },
  {
    name: 'jabberd2, c2s.log',
    opens: [
      jabberd2((s) => `${connection(s)} [192.0.2.7, port=${port(s)}] connect`),
      jabberd2((s) => `${connection(s)} PLAIN authentication succeeded: ${s.jid} 192.0.2.7:${port(s)} TLS`),
      jabberd2((s) => `${connection(s)} bound: jid=${full(s)}`),
    ],
    closes: [
      jabberd2(
        (s) => `${connection(s)} [192.0.2.7, port=${port(s)}] disconnect jid=${full(s)}, packets: 2, bytes: 269`,
      ),
    ],
  },
  {
    name: 'MongooseIM',
    opens: [
      mongooseim('auth_success_info_retrieved', 'mongoose_c2s_sasl:x/3:120', (s) => `user="${s.jid}"`),
      mongooseim('c2s_opened_session', 'ejabberd_c2s:do_open_session_common/4:1758', names),
    ],
    closes: [mongooseim('close_session', 'ejabberd_c2s:terminate/3:1144', names)],
  },
  {
    name: "MongooseIM's JSON",
    opens: [
      mongooseimJson('auth_success', 'ejabberd_c2s,handle_sasl_success,3'),
      mongooseimJson('c2s_opened_session', 'ejabberd_c2s,do_open_session_common,4'),
    ],
    closes: [mongooseimJson('close_session', 'ejabberd_c2s,terminate,3')],
  },
  {
    name: 'Openfire',
    opens: [
      openfire('net.SASLAuthentication', (s) => `User '${s.jid}' authenticated.`),
      openfire('spi.RoutingTableImpl', (s) => `Adding client route ${full(s)}`),
    ],
    closes: [openfire('spi.RoutingTableImpl', (s) => `Removing client route ${full(s)}`)],
  },
  {
    name: 'Tigase',
    opens: [
      tigase('processPacket', (s) => `processing packet: from=${full(s)}, connection: ${resourceConnection(s)}`),
      tigase('handleLogin', (s) => `handleLogin called for: ${s.jid}, conn_id: ${resourceConnection(s)}`),
    ],
    closes: [tigase('closeSession', (s) => `Closing connection for: ${full(s)}, conn: ${resourceConnection(s)}`)],
  },
];

/** Writes about so many lines of a server's log, always the same ones. */
export async function makeServerLog(path: string, { opens, closes }: Server, lines: number): Promise<number> {
  const out = createWriteStream(path);
  const agenda = new Agenda(END - DAYS * 86_400);
  const logins = Math.ceil(lines / (opens.length + closes.length));
  const write = async (until: number): Promise<void> => {
    for (const { text } of agenda.until(until)) if (!out.write(text)) await once(out, 'drain');
  };
  for (let n = 0; n < logins; n++) {
    const at = Math.floor(END - DAYS * 86_400 * (1 - n / logins));
    if (at >= agenda.end) await write(at);
    const user = Math.imul(n, 0x9e37_79b1) >>> 0;
    const session = { n, jid: `user.${user % USERS}@chat.example`, resource: `phone-${user % 7}` };
    for (const line of opens) agenda.add(at, `${line(at, session)}\n`);
    const over = at + 30 + ((Math.imul(n, 0x85eb_ca6b) >>> 0) % 7200);
    for (const line of closes) agenda.add(over, `${line(over, session)}\n`);
  }
  await write(END);
  out.end();
  await once(out, 'close');
  return logins * (opens.length + closes.length);
}
