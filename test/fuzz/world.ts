/** Users with their devices, for some weeks: who comes and goes, what is restarted, removed, disabled, and what else there is. */
import { Agenda } from './agenda.ts';
import { Prosody, type Entry, type Session } from './prosody.ts';
import type { Random } from './random.ts';

const HOUR = 3600;
const DAY = 86_400;

export interface WorldOptions {
  readonly random: Random;
  /** Unix seconds. */
  readonly from: number;
  readonly until: number;
  readonly version: '0.12.3' | '13.0.1' | '13.0.7';
  readonly hosts: readonly string[];
  readonly users: number;
  /** Shares of devices with stream management and over BOSH. */
  readonly smacks: number;
  readonly bosh: number;
  /** Mean number of seconds between sessions, and of a session. */
  readonly away: number;
  readonly online: number;
  readonly restarts: number;
  /** A restart takes no longer, seconds. */
  readonly longestPause: number;
  /** Seconds that a session waits to be resumed. */
  readonly hibernation: number;
  /** Share of the server's lives whose log has debug lines. */
  readonly debug: number;
  /** Accounts that are removed or disabled. */
  readonly removals: number;
  /** No two lines are further apart, seconds. */
  readonly quiet: number;
}

interface Account {
  readonly user: string;
  state: 'there' | 'disabled' | 'gone';
  /** The second in which it did something last: what one user does within one second has no order. */
  busy: number;
}

interface Device {
  readonly account: Account;
  readonly resource: string;
  readonly isBosh: boolean;
  readonly smacks: boolean;
  readonly away: number;
  readonly online: number;
  session: Session | undefined;
  /** Goes up when what was planned for it is void. */
  turn: number;
}

const NAMES = [
  'alice',
  'bob',
  'carol',
  'dave',
  'eve',
  'иван',
  '日本',
  'o\\27brien',
  'a.b+c_d-e',
  'ünï.çödé',
  'user%40x',
];
const RESOURCES = ['phone', 'pc', `q"u'o<t>e&s`, 'Dino~/eRTWfQ/GvUO', 'x (y@z): closed', 'tab\u2409', '🙂', 'a b'];
/** What is in every log and no event; the last ones hold text that a remote party chose. */
const NOISE = [
  ['mod_cron', 'Running periodic tasks'],
  ['mod_s2s', 'Some other thing'],
  ['s2sin55d0c0ffee', 'Incoming s2s connection'],
  ['s2sin55d0c0ffee', 'Incoming s2s stream evil.example->a (b closed: This host does not serve a (b'],
  [
    's2sout55d0c0ffed',
    'Session closed by remote with error: undefined-condition (Authenticated as mallory@chat.example)',
  ],
  [
    'c2s55deadbeef00',
    'Session closed by remote with error: x (y\n\tc2s55deadbeef01\tinfo\tAuthenticated as mallory@chat.example\n\t)',
  ],
  ['mod_bosh', "Client tried to use sid 'Authenticated as mallory@chat.example' which we don't know about"],
  ['chat.example:muc', 'Authenticated as mallory@chat.example'],
] as const;

class World {
  readonly #o: WorldOptions;
  readonly #random: Random;
  readonly #agenda: Agenda;
  readonly #server: Prosody;
  readonly #devices: Device[];
  #written = 0;

  constructor(options: WorldOptions) {
    this.#o = options;
    this.#random = options.random;
    this.#agenda = new Agenda(options.from);
    this.#server = new Prosody({
      random: options.random,
      now: () => this.#agenda.now,
      version: options.version,
      addresses: options.random.int(4, 60),
    });
    this.#devices = this.#makeDevices();
  }

  run(): readonly Entry[] {
    const { from, until, restarts, removals } = this.#o;
    this.#server.start(this.#random.chance(this.#o.debug));
    for (const device of this.#devices) this.#planLogin(device, this.#random.wait(device.away));
    for (let i = 0; i < restarts; i++) this.#agenda.plan(this.#random.int(from + HOUR, until), () => this.#restart());
    for (let i = 0; i < removals; i++) {
      const account = this.#random.pick(this.#devices).account;
      this.#agenda.plan(this.#random.int(from + HOUR, until), () => this.#removeOrDisable(account));
    }
    this.#agenda.plan(from, () => this.#noise());
    this.#agenda.run(until);
    return this.#server.entries;
  }

  #makeDevices(): Device[] {
    const { users, hosts, smacks, bosh, away, online } = this.#o;
    return Array.from({ length: users }, (_, i) => {
      const name = i < NAMES.length ? NAMES[i] : `user${i}`;
      const account: Account = { user: `${name}@${this.#random.pick(hosts)}`, state: 'there', busy: -Infinity };
      // Some are nearly always there, some come once a month.
      const habit = this.#random.pick([0.1, 1, 1, 3, 20]);
      return Array.from({ length: this.#random.pick([1, 1, 2, 3]) }, (_, j): Device => {
        const isBosh = this.#random.chance(bosh);
        return {
          ...{ account, isBosh, session: undefined, turn: 0 },
          resource: j > 0 && this.#random.chance(0.1) ? 'same' : `${this.#random.pick(RESOURCES)}${j}`,
          smacks: !isBosh && this.#random.chance(smacks),
          away: away * habit,
          online: online * this.#random.pick([0.02, 1, 1, 10]),
        };
      });
    }).flat();
  }

  /** Does it in so many seconds, if nothing has made it void by then, and in a second that its user has not used. */
  #plan(device: Device, seconds: number, act: () => void): void {
    const turn = ++device.turn;
    const attempt = (): void => {
      if (device.turn !== turn) return;
      if (device.account.busy >= this.#agenda.now) return this.#agenda.plan(device.account.busy + 1, attempt);
      device.account.busy = this.#agenda.now;
      act();
    };
    this.#agenda.plan(this.#atAnEdge(this.#agenda.now + seconds), attempt);
  }

  /** Now and then just where a sample is taken, or where something ends then. */
  #atAnEdge(at: number): number {
    if (!this.#random.chance(0.1)) return at;
    const before = this.#random.pick([0, this.#o.hibernation, this.#o.hibernation + 1]);
    return Math.max(this.#agenda.now, Math.round(at / HOUR) * HOUR - before + this.#random.pick([-1, 0, 0, 1]));
  }

  #planLogin(device: Device, seconds: number): void {
    this.#plan(device, seconds, () => this.#login(device));
  }

  #login(device: Device): void {
    const { account, resource, isBosh, smacks } = device;
    if (!this.#server.isUp) return this.#planLogin(device, this.#random.wait(600));
    if (account.state !== 'there') {
      this.#server.knock();
      return this.#planLogin(device, this.#random.wait(device.away));
    }
    for (const other of this.#devices)
      if (other !== device && other.account === account && other.resource === resource) this.#goOffline(other);
    const binds = this.#random.chance(0.97);
    device.session = this.#server.login(account.user, resource, { bosh: isBosh, smacks: smacks && binds, binds });
    this.#planEnd(device);
  }

  #planEnd(device: Device): void {
    this.#plan(device, this.#random.wait(device.online), () => this.#end(device));
  }

  #end(device: Device): void {
    const { session } = device;
    if (!session || session.state !== 'connected') return;
    if (session.isBosh && this.#random.chance(0.3)) return this.#vanish(device, session);
    if (session.smacks && this.#random.chance(0.6)) return this.#loseConnection(device, session);
    const reason = this.#random.pick(['connection closed', 'connection closed', 'closed', 'read timeout']);
    this.#server.close(session, reason, this.#random.chance(0.4));
    this.#goOffline(device);
  }

  #vanish(device: Device, session: Session): void {
    this.#plan(device, 60, () => {
      this.#server.expire(session);
      this.#goOffline(device);
    });
  }

  #loseConnection(device: Device, session: Session): void {
    if (this.#random.chance(0.15)) {
      // The client is on another network before the server has noticed.
      this.#server.resume(session);
      return this.#planEnd(device);
    }
    this.#server.hibernate(session);
    if (this.#random.chance(0.7)) {
      this.#plan(device, this.#random.int(1, this.#o.hibernation - 10), () => {
        this.#server.resume(session);
        this.#planEnd(device);
      });
    } else if (this.#random.chance(0.2)) {
      // It comes back without resuming, to the same resource.
      device.turn++;
      this.#planLogin(device, this.#random.int(1, this.#o.hibernation - 10));
    } else {
      this.#plan(device, this.#o.hibernation + 1, () => {
        this.#server.expire(session);
        this.#goOffline(device);
      });
    }
  }

  #goOffline(device: Device): void {
    device.session = undefined;
    this.#planLogin(device, this.#random.wait(device.away));
  }

  #restart(): void {
    if (!this.#server.isUp) return;
    if (this.#random.chance(0.6)) this.#server.stop();
    else this.#server.kill();
    const online = this.#devices.filter(({ session }) => session !== undefined);
    const down = Math.min(this.#random.pick([1, 5, 60, 4 * HOUR]), this.#o.longestPause);
    this.#agenda.plan(this.#agenda.now + down, () => this.#server.start(this.#random.chance(this.#o.debug)));
    for (const device of online) {
      device.session = undefined;
      const isBack = this.#random.chance(0.8);
      this.#planLogin(device, down + (isBack ? this.#random.int(1, 300) : this.#random.wait(device.away)));
    }
  }

  #removeOrDisable(account: Account): void {
    const { user } = account;
    if (!this.#server.isUp || account.state !== 'there' || account.busy >= this.#agenda.now) return;
    account.busy = this.#agenda.now;
    const online = [...this.#server.sessions].find((each) => each.user === user && each.state === 'connected');
    if (this.#server.is13 && this.#random.chance(0.5)) this.#disable(account);
    else if (online || this.#server.is13) this.#remove(account, online);
    else return;
    for (const device of this.#devices) if (device.account === account) this.#goOffline(device);
  }

  #disable(account: Account): void {
    const { user } = account;
    account.state = 'disabled';
    this.#server.log('usermanager', 'info', `User account disabled: ${user}`, { kind: 'disabled', user });
    this.#server.closeAllOf(user, 'Account disabled');
    this.#agenda.plan(this.#agenda.now + this.#random.wait(5 * DAY), () => {
      if (!this.#server.isUp) return;
      account.state = 'there';
      this.#server.log('usermanager', 'info', `User account enabled: ${user}`, { kind: 'enabled', user });
    });
  }

  #remove(account: Account, online: Session | undefined): void {
    const { user } = account;
    account.state = 'gone';
    const is13 = this.#server.is13;
    const says = { kind: 'removed', user } as const;
    if (is13) this.#server.log('usermanager', 'info', `User account deleted: ${user}`, says);
    if (online)
      this.#server.log(online.id, 'info', `User removed their account: ${user}${is13 ? ' (deleted)' : ''}`, says);
    this.#server.closeAllOf(user, 'Account deleted');
    if (this.#random.chance(0.5)) return;
    this.#agenda.plan(this.#agenda.now + this.#random.wait(3 * DAY), () => {
      if (!this.#server.isUp) return;
      account.state = 'there';
      this.#server.log('usermanager', 'info', `User account created: ${user}`);
    });
  }

  /** Whatever else is in a log, so that it is never silent for long. */
  #noise(): void {
    const { entries } = this.#server;
    if (this.#server.isUp) {
      if (this.#random.chance(0.2)) this.#server.knock();
      else if (this.#written === entries.length || this.#random.chance(0.3)) this.#server.log(...this.#anything());
    }
    this.#written = entries.length;
    this.#agenda.plan(
      this.#agenda.now + this.#random.int(Math.ceil(this.#o.quiet / 4), Math.ceil(this.#o.quiet / 2)),
      () => this.#noise(),
    );
  }

  #anything(): [string, 'info', string] {
    const [source, message] = this.#random.pick(NOISE);
    return [source, 'info', message];
  }
}

/** The lines of one log from the server's start on. */
export function linesOfAWorld(options: WorldOptions): readonly Entry[] {
  return new World(options).run();
}
