/**
 * A Prosody that writes its log, situation by situation, as real ones of version 0.12 and 13 were seen to do. Beside each
 * line stands what it says, so that no parser is needed to know.
 */
import type { Line, Says } from './model.ts';
import type { Random } from './random.ts';

/** A line as the server hands it to its log: behind the stamp. It may hold line breaks. */
export interface Entry extends Line {
  readonly text: string;
}

export interface Session {
  /** That of its first connection, under which all its lines go. */
  readonly id: string;
  readonly user: string;
  readonly resource: string;
  readonly isBosh: boolean;
  readonly smacks: boolean;
  state: 'connected' | 'hibernating' | 'over';
  readonly isBound: boolean;
}

export interface ProsodyOptions {
  readonly random: Random;
  readonly now: () => number;
  readonly version: '0.12.3' | '13.0.1' | '13.0.7';
  /** Addresses that a session may have: the fewer, the sooner an id is used again. */
  readonly addresses: number;
}

const isHost = (part: string): boolean => !part.startsWith('bosh');

export class Prosody {
  readonly entries: Entry[] = [];
  readonly sessions = new Set<Session>();
  readonly #o: ProsodyOptions;
  readonly #free: string[];
  /** Addresses of connections whose session was resumed under another id: free once they are collected. */
  readonly #garbage: { readonly id: string; readonly at: number }[] = [];
  isUp = false;
  debug = false;

  constructor(options: ProsodyOptions) {
    this.#o = options;
    this.#free = Array.from({ length: options.addresses }, () => `c2s55${options.random.hex(10)}`);
  }

  get is13(): boolean {
    return this.#o.version.startsWith('13');
  }

  log(source: string, level: 'info' | 'debug' | 'warn', message: string, says?: Says): void {
    if (level === 'debug' && !this.debug) return;
    const isSign = level === 'debug' && !says && /^(?:c2s|bosh)/.test(source);
    this.entries.push({
      at: this.#o.now(),
      text: `${source}\t${level}\t${message}`,
      says: isSign ? { kind: 'debug' } : says,
    });
  }

  start(debug: boolean): void {
    this.isUp = true;
    this.debug = debug;
    this.log('startup', 'info', `Hello and welcome to Prosody version ${this.#o.version}`, { kind: 'started' });
    this.log('startup', 'info', 'Prosody is using the select backend for connection handling');
  }

  /** SIGHUP, as logrotate sends it: what the log's level is may be another one from here on. */
  reload(debug: boolean): void {
    this.log(this.is13 ? 'startup' : 'mod_posix', 'info', 'Received SIGHUP');
    this.log('startup', 'info', 'Reloading configuration file', { kind: 'reloading' });
    this.debug = debug;
  }

  /** Every connected session over TCP gets its end line, hibernating ones and those of BOSH get none. */
  stop(): void {
    this.log(this.is13 ? 'startup' : 'mod_posix', 'warn', 'Received SIGTERM');
    this.log('startup', 'info', 'Shutting down: Received SIGTERM', { kind: 'stopping' });
    for (const session of [...this.sessions]) {
      if (session.state === 'connected' && !session.isBosh) this.close(session, 'connection closed', true);
      else if (session.state === 'hibernating') this.#unbind(session, 'system-shutdown');
    }
    this.log('general', 'info', 'Shutting down...');
    this.log('general', 'info', 'Shutdown status: Cleaning up');
    this.log('general', 'info', 'Shutdown complete');
    this.kill();
  }

  kill(): void {
    this.isUp = false;
    for (const session of this.sessions) this.#over(session);
    for (const { id } of this.#garbage.splice(0)) this.#free.push(id);
  }

  /** A new connection and a login on it. */
  login(user: string, resource: string, { bosh = false, smacks = false, binds = true }): Session {
    const id = bosh ? this.#newBosh() : this.connect();
    this.#authenticated(id, user);
    const session = { id, user, resource, isBosh: bosh, smacks, state: 'connected' as const, isBound: binds };
    // Another session of the same full JID is replaced.
    const others = [...this.sessions].filter((other) => other.user === user && other.resource === resource);
    this.sessions.add(session);
    if (!binds) return session;
    this.log(id, 'debug', `Resource bound: ${user}/${resource}`, { kind: 'bound', id, user, resource });
    for (const other of others) this.#replace(other);
    return session;
  }

  #replace(session: Session): void {
    if (session.state === 'hibernating' || session.isBosh) {
      this.#unbind(session, 'Replaced by new connection');
      if (session.isBosh) this.#endOfBosh(session, 'conflict');
      this.#over(session);
    } else this.close(session, 'connection closed', true);
  }

  connect(): string {
    const id = this.#address();
    this.log(id, 'info', 'Client connected', { kind: 'connected', id });
    this.log(id, 'debug', 'Client sent opening <stream:stream> to chat.example');
    if (this.#o.random.chance(0.3)) this.log(id, 'info', 'Stream encrypted (TLSv1.3 with TLS_AES_256_GCM_SHA384)');
    return id;
  }

  /** Someone who never logs in: a scanner, a wrong password. */
  knock(): void {
    const id = this.connect();
    this.#disconnected(id, 'connection closed');
    this.#free.push(id);
  }

  #newBosh(): string {
    const { random } = this.#o;
    const sid = [8, 4, 4, 4, 12].map((digits) => random.hex(digits)).join('-');
    this.log('mod_bosh', 'info', `New BOSH session, assigned it sid '${sid}'`);
    this.log(`bosh${sid}`, 'debug', 'BOSH session created for request from 127.0.0.1');
    return `bosh${sid}`;
  }

  #authenticated(id: string, user: string): void {
    const { random } = this.#o;
    const role = this.is13
      ? ` [${random.pick(['prosody:registered', 'prosody:member', 'no role', 'my own role'])}]`
      : '';
    this.log(id, 'info', `Authenticated as ${user}${role}`, { kind: 'authenticated', id, user });
  }

  /** The end of a session, politely or not: the lines are the same, but for the order of those of the debug log. */
  close(session: Session, reason: string, isAbrupt: boolean): void {
    const { id, isBosh } = session;
    if (!isAbrupt) this.#unbind(session, '');
    if (isBosh) this.#endOfBosh(session, 'session close');
    else this.#disconnected(id, reason);
    if (isAbrupt) this.#unbind(session, reason);
    this.#over(session);
  }

  #disconnected(id: string, reason: string): void {
    const over = this.#o.version === '13.0.7' && reason === 'connection closed';
    this.log(id, 'info', `Client disconnected: ${reason}`, { kind: 'disconnected', id, over });
  }

  #endOfBosh({ id }: Session, reason: string): void {
    this.log(id, 'info', `BOSH client disconnected: ${reason}`, { kind: 'disconnected', id });
  }

  /** The connection is lost, and the session waits to be resumed. */
  hibernate(session: Session): void {
    const { id } = session;
    session.state = 'hibernating';
    const isNew = this.#o.version === '13.0.7';
    this.#disconnected(id, isNew ? 'closed' : 'connection closed');
    // Not where something was left to be written.
    if (isNew && this.#o.random.chance(0.5))
      this.log(id, 'info', 'Client disconnected: connection closed', { kind: 'hibernates', id });
    this.log(id, 'debug', 'Session going into hibernation (not being destroyed)');
  }

  /** Resumed on a new connection, whose id never gets an end line. Of a connection that looked alive nothing is said. */
  resume(session: Session): void {
    const carrier = this.connect();
    this.#authenticated(carrier, session.user);
    this.log(carrier, 'debug', `mod_smacks resuming existing session ${session.id}...`);
    this.log(session.id, 'debug', `mod_smacks session resumed from ${carrier}...`);
    session.state = 'connected';
    this.#garbage.push({ id: carrier, at: this.#o.now() + this.#o.random.wait(600) });
  }

  /** Nobody came back, or its client vanished without a word. */
  expire(session: Session): void {
    this.#unbind(session, session.isBosh ? 'BOSH client silent for over 60 seconds' : 'Hibernating too long');
    this.#over(session);
  }

  /** Everything of an account is closed; what hibernates, without a line. */
  closeAllOf(user: string, reason: string): void {
    for (const session of [...this.sessions].filter((each) => each.user === user)) {
      if (session.state === 'connected') this.close(session, 'connection closed', true);
      else {
        this.#unbind(session, reason);
        this.#over(session);
      }
    }
  }

  #unbind({ id, user, resource, isBound }: Session, reason: string): void {
    const text = `${user}/${resource} (${user})${reason === '' ? '' : `: ${reason}`}`;
    if (isBound) this.log(id, 'debug', `Unbinding resource for ${text}`, { kind: 'unbound', id, user, resource });
    else this.log(id, 'debug', `Destroying unbound session for <${user}>`);
  }

  #over(session: Session): void {
    session.state = 'over';
    this.sessions.delete(session);
    if (isHost(session.id)) this.#free.push(session.id);
  }

  #address(): string {
    const { random, now } = this.#o;
    for (const each of [...this.#garbage]) {
      if (each.at > now()) continue;
      this.#garbage.splice(this.#garbage.indexOf(each), 1);
      this.#free.push(each.id);
    }
    // An allocator gives back what was freed last.
    const at = random.chance(0.7) ? this.#free.length - 1 : random.int(0, this.#free.length - 1);
    return this.#free.splice(at, 1)[0] ?? `c2s56${random.hex(10)}`;
  }
}
