/**
 * Logs of a Prosody that never was, as large as wanted, always the same ones. `dense` has the proportions of the lines in
 * test/logs/prosody/small-utc; `real` has, besides, what busy servers write of other servers, push and mechanisms; `debug` is
 * `dense` with some of the debug lines around each session; of `once` each user logs in and out once.
 */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { WRAPPED_FORMS, wrapped, type WrappedForm } from '../wrap.ts';
import { Agenda } from './agenda.ts';

export type Mix = 'dense' | 'real' | 'debug' | 'once';
/** How lines begin: as Prosody's default, as ISO 8601, that with a fraction; and the layout of stdout with the default. */
export type Form = 'default' | 'iso' | 'fraction' | 'console';

export interface Wanted {
  readonly mix: Mix;
  readonly form?: Form;
  /** One of `WRAPPED_FORMS`, by its name; there are as many lines of it as of the others. */
  readonly wrapped?: string;
  /** About so many; of `once` as many as the users take. */
  readonly bytes: number;
  readonly users: number;
}

/** The log ends here, unix seconds; the modification time of the file should say so, too. */
export const END = Date.UTC(2025, 9, 24) / 1000;
export const YEAR = 2025;
const DAYS = 30;
const START = END - DAYS * 86_400;
/** Bytes per login, with all lines that come with it. */
const BYTES: Record<Mix, number> = { dense: 274, real: 1033, debug: 700, once: 140 };

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const FIRST_NAMES = ['alice', 'bob', 'carla', 'dieter', 'emma', 'frank', 'greta', 'hanna', 'ines', 'jonas', 'klara'];
const REASONS = [...Array<string>(5).fill('connection closed'), 'read timeout', 'closed', 'ssl handshake failed'];

const two = (n: number): string => String(n).padStart(2, '0');

/** Scatters numbers: 32 bits. */
function scattered(n: number): number {
  let h = Math.imul(n ^ (n >>> 16), 0x45d_9f3b);
  h = Math.imul(h ^ (h >>> 16), 0x45d_9f3b);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Numbers from 0 to 1, the same ones each time. */
function numbers(): () => number {
  let s = 1;
  return () => {
    s = (s ^ (s << 13)) >>> 0;
    s ^= s >>> 17;
    s = (s ^ (s << 5)) >>> 0;
    return s / 2 ** 32;
  };
}

const STAMPS: Record<Form, (d: Date) => string> = {
  default: (d) => `${MONTHS[d.getUTCMonth()]} ${two(d.getUTCDate())} ${d.toISOString().slice(11, 19)}`,
  console: (d) => `${MONTHS[d.getUTCMonth()]} ${two(d.getUTCDate())} ${d.toISOString().slice(11, 19)}`,
  iso: (d) => `${d.toISOString().slice(0, 19)}+0000`,
  fraction: (d) => `${d.toISOString().slice(0, 19)}.`,
};

class Maker {
  readonly agenda = new Agenda(START);
  messages = 0;
  readonly #random = numbers();
  readonly #wanted: Wanted;
  readonly #free: string[] = [];
  #nextAddress = 0x5625_5800_0000;
  #stampedAt = -1;
  #stamp = '';

  readonly #wrapping: WrappedForm | undefined;

  constructor(wanted: Wanted) {
    this.#wanted = wanted;
    this.#wrapping = WRAPPED_FORMS.find(({ name }) => name === wanted.wrapped);
  }

  /** The lines of the `n`th login and of what follows from it, noted in the agenda. */
  login(n: number, at: number): void {
    const { mix, users } = this.#wanted;
    const random = this.#random;
    const user = mix === 'once' ? (n * 7919) % users : Math.floor(users * random() ** 1.5);
    const jid = this.#jid(user);
    const kind = scattered(user ^ 77) % 100;
    if (mix === 'once') return this.#once(n, at, jid);
    if (kind < 3) return this.#bosh(at, jid);
    const id = this.#takeId();
    this.#info(at, id, 'Client connected');
    if (random() < 0.75) this.#info(at, id, 'Stream encrypted (TLSv1.3 with TLS_AES_256_GCM_SHA384)');
    if (random() < 0.02) return this.#end(at + 5, id);
    if (mix === 'real') this.#mechanisms(n, at, id);
    if (mix === 'debug') this.#debug(at, id, jid);
    this.#info(at, id, `Authenticated as ${jid}`);
    if (mix === 'debug') this.#line(at, id, 'debug', `Resource bound: ${jid}/phone-${user % 7}`);
    if (mix === 'real') this.#neighbours(n, at, id, jid);
    const end = at + Math.floor(30 + 7200 * random() ** 3);
    // No end is written where the connection carried a resumption; its address is free again all the same.
    if (random() < 0.15 && mix !== 'debug') return this.agenda.free(end, id);
    if (mix === 'debug')
      this.#line(end, id, 'debug', `Unbinding resource for ${jid}/phone-${user % 7} (${jid}): closed`);
    this.#end(end, id);
    if (mix !== 'debug' && kind < 30 && random() < 0.3) this.#resume(end, id, jid);
  }

  takeFree(ids: readonly string[]): void {
    this.#free.push(...ids);
  }

  #jid(user: number): string {
    const h = scattered(user + 1);
    const name = FIRST_NAMES[h % FIRST_NAMES.length];
    return `${name}${['', '.', '_', '-'][(h >>> 8) % 4]}${user}@${(h >>> 16) % 10 < 8 ? 'chat' : 'work'}.example`;
  }

  #takeId(): string {
    if (this.#free.length > 64) {
      const i = Math.floor(this.#random() * this.#free.length);
      const last = this.#free.pop() ?? '';
      const id = this.#free[i] ?? last;
      if (i < this.#free.length) this.#free[i] = last;
      return id;
    }
    this.#nextAddress += 16 * (1 + Math.floor(this.#random() * 400));
    return `c2s${this.#nextAddress.toString(16)}`;
  }

  #once(n: number, at: number, jid: string): void {
    const id = `c2s${(0x5625_5800_0000 + (n % 60_000) * 96).toString(16)}`;
    this.#info(at, id, `Authenticated as ${jid}`);
    this.#info(at, id, 'Client disconnected: connection closed');
  }

  #bosh(at: number, jid: string): void {
    const hex = (length: number): string =>
      scattered(Math.floor(this.#random() * 2 ** 31))
        .toString(16)
        .padStart(8, '0')
        .slice(0, length);
    const id = `bosh${hex(8)}-${hex(4)}-${hex(4)}-${hex(4)}-${hex(8)}${hex(4)}`;
    this.#info(at, id, `Authenticated as ${jid}`);
    if (this.#random() < 0.6)
      this.#info(at + 60 + Math.floor(this.#random() * 7200), id, 'BOSH client disconnected: session close');
  }

  #end(at: number, id: string): void {
    this.#info(at, id, `Client disconnected: ${REASONS[Math.floor(this.#random() * REASONS.length)]}`);
    this.agenda.free(at, id);
  }

  /** On another connection, whose own end is never written; the session ends under its old id. */
  #resume(end: number, id: string, jid: string): void {
    const back = end + 5 + Math.floor(this.#random() * 300);
    const over = back + 600 + Math.floor(this.#random() * 3000);
    const carrier = this.#takeId();
    this.#info(back, carrier, 'Client connected');
    this.#info(back, carrier, `Authenticated as ${jid}`);
    this.#info(over, id, 'Client disconnected: connection closed');
    this.agenda.free(over, carrier);
  }

  #mechanisms(n: number, at: number, id: string): void {
    const address = (scattered(n) & 0xffff).toString(16);
    const mechanisms = 'SCRAM-SHA-1-PLUS SCRAM-SHA-1 PLAIN';
    this.#info(at, id, `Offered mechanisms: ${mechanisms} via c2s stream from 2001:db8::${address}`);
  }

  #debug(at: number, id: string, jid: string): void {
    this.#line(
      at,
      id,
      'debug',
      "Received[c2s_unauthed]: <auth mechanism='SCRAM-SHA-1' xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>",
    );
    this.#line(at, id, 'debug', `sasl reply: <challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>bj1meWtv</challenge>`);
    this.#line(at, 'mod_smacks', 'debug', `Allowing ${jid} to enable stream management`);
  }

  /** What a server has to say about others while somebody logs in. */
  #neighbours(n: number, at: number, id: string, jid: string): void {
    if (this.#random() < 0.5)
      this.#info(at, 'mod_cloud_notify', `Sending push notification for ${jid} to push.service.example`);
    for (let k = 4 + Math.floor(this.#random() * 3); k > 0; k--) {
      const h = scattered(n * 7 + k) % 900;
      const source = `${this.#random() < 0.5 ? 's2sin' : 's2sout'}${(0x55d0_0000_0000 + h * 64).toString(16)}`;
      this.#info(at, source, ofOtherServer(h));
    }
    this.#info(at, id, `Adding new session to roster push list for ${n}`);
  }

  #info(at: number, source: string, message: string): void {
    this.#line(at, source, 'info', message);
  }

  #line(at: number, source: string, level: string, message: string): void {
    this.messages++;
    const { form = 'default' } = this.#wanted;
    const wrapping = this.#wrapping;
    if (wrapping) return this.agenda.add(at, `${wrapped(wrapping, { at, source, level, text: message })}\n`);
    if (at !== this.#stampedAt) [this.#stampedAt, this.#stamp] = [at, STAMPS[form](new Date(at * 1000))];
    const stamp = form === 'fraction' ? `${this.#stamp}${100 + Math.floor(this.#random() * 900)}Z` : this.#stamp;
    const between = form === 'console' ? source.padEnd(20) : `${source}\t`;
    this.agenda.add(at, `${stamp} ${between}${level}\t${message}\n`);
  }
}

function ofOtherServer(h: number): string {
  const other = `remote${h}.example`;
  const messages = [
    `Incoming s2s connection ${other}->chat.example complete`,
    `Outgoing s2s connection chat.example->${other} complete`,
    'Stream encrypted (TLSv1.2 with ECDHE-RSA-AES256-GCM-SHA384)',
    `Out s2s stream chat.example->${other} closed: session closed`,
    `Beginning new connection attempt to ${other} ([192.0.2.7]:5269)`,
  ];
  return messages[h % messages.length] ?? '';
}

/** When the `n`th of so many logins is: more of them at some hours than at others. */
function timeOf(n: number, logins: number): number {
  const days = (n / logins) * DAYS;
  const hour = 2 * Math.PI * (days % 1);
  const late = 0.12 * (Math.sin(hour - 0.6 * Math.PI) + Math.sin(0.6 * Math.PI));
  return Math.floor(START + (days + late) * 86_400);
}

/** Writes the log; resolves with about how many messages are in it. */
export async function makeLog(path: string, wanted: Wanted): Promise<number> {
  const logins = wanted.mix === 'once' ? wanted.users : Math.round(wanted.bytes / BYTES[wanted.mix]);
  const maker = new Maker(wanted);
  const out = createWriteStream(path);
  const write = async (until: number): Promise<void> => {
    for (const { text, freed } of maker.agenda.until(until)) {
      maker.takeFree(freed);
      if (!out.write(text)) await once(out, 'drain');
    }
  };
  for (let n = 0; n < logins; n++) {
    const at = timeOf(n, logins);
    if (at >= maker.agenda.end) await write(at);
    maker.login(n, at);
  }
  await write(END);
  out.end();
  await once(out, 'close');
  return maker.messages;
}
