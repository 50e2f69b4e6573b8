/** The compiled rules and the definition make the same of any events; the compiled ones take in the usual ones. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import * as fc from '../properties.ts';
import { CompiledRules } from '../../src/activity/compiled-rules.ts';
import { forgettingUnseenSince } from '../../src/activity/forgetting.ts';
import { Sessions } from '../../src/activity/sessions.ts';
import { Users } from '../../src/activity/user-table.ts';
import type { SessionEvent } from '../../src/format/dialects/dialect.ts';
import { EventBatch } from '../../src/format/event-batch.ts';
import {
  AT,
  EVENT_WORDS,
  HIGH,
  KIND,
  KINDS,
  LOW,
  OF_JID,
  OF_SOURCE,
  REST_END,
  SOURCE,
  SOURCE_END,
  USER,
} from '../../src/format/scanner/event-words.ts';
import { SharedMemory } from '../../src/format/shared-memory.ts';
import { OPTIONS } from '../golden.ts';

const BEGIN = Date.UTC(2026, 0, 1) / 1000;
const HOUR = 3600;
const CODE = readFileSync(new URL('../../src/activity/compiled/rules.wasm', import.meta.url));
const hostOf = (user: number): string => (user < 7 ? ['chat', 'work'][user % 2]! : `host${user % 40}`);
const jid = (user: number): string => `user${user}@${hostOf(user)}.example`;
const bosh = (n: number): string => `bosh58833a29-3eaa-4734-878e-${String(n).padStart(12, '0')}`;
const BOSH = bosh(0);
/** A resource that is the id. */
const CONNECTION = 'connection';

/**
 * `id`: of an address; 0 and below: of BOSH. Of a named event, which has a resource: of a process, or 0 and below of none, and then
 * it is told by its full JID. `behind`: what the end of a session has behind the resource.
 */
interface Usual {
  readonly kind: keyof typeof KINDS;
  readonly id: number;
  readonly user: number;
  readonly resource?: string;
  readonly behind?: string;
}
type Step = { readonly after: number } & ({ readonly usual: Usual } | { readonly other: (at: number) => SessionEvent });

/** What stands in the lines of events. */
class Lines {
  #text = '';

  get bytes(): Buffer {
    return Buffer.from(this.#text);
  }

  /** Where it then is. */
  add(text: string): readonly [from: number, to: number] {
    this.#text += text;
    return [this.#text.length - text.length, this.#text.length];
  }
}

class World {
  readonly users: Users;
  readonly sessions: Sessions;
  readonly #isStored: boolean;
  /** Taken in by the definition. */
  unusual = 0;

  constructor(isCompiled: boolean, isStored: boolean) {
    this.#isStored = isStored;
    const memory = new SharedMemory();
    const count = { exclude: ['user5@work.example'], includeDisabled: false, seed: 99 };
    this.users = new Users({ ...count, allocate: memory.allocate });
    const rules = isCompiled ? new CompiledRules(CODE, memory) : undefined;
    this.sessions = new Sessions(this.users, { ...OPTIONS, isStored }, rules);
    const takeFrom = this.sessions.takeFrom.bind(this.sessions);
    this.sessions.takeFrom = (batch, event) => {
      this.unusual++;
      takeFrom(batch, event);
    };
  }

  take(steps: readonly Step[], begin: number): void {
    const batch = new EventBatch(Buffer.alloc(0));
    const lines = new Lines();
    let at = begin;
    for (const step of steps) {
      at += step.after;
      if ('other' in step) batch.add(step.other(at));
      else this.#add(batch, step.usual, at, lines);
    }
    batch.bytes = lines.bytes;
    this.sessions.expect(batch);
    this.sessions.takeRun(batch, 0, batch.count);
    this.users.settle();
  }

  #add(batch: EventBatch, { kind, id, user, resource, behind = '' }: Usual, at: number, lines: Lines): void {
    const events = new Int32Array(EVENT_WORDS);
    const isNamed = resource !== undefined;
    const name = Buffer.from(jid(user));
    events[KIND] = KINDS[kind];
    [events[LOW], events[HIGH]] = id <= 0 ? [0, OF_SOURCE] : [id, id % 3];
    if (isNamed) {
      const full = lines.add(`${jid(user)}/${resource}${behind}`);
      events[HIGH] = id <= 0 ? OF_JID : OF_SOURCE;
      [events[SOURCE], events[SOURCE_END]] = id <= 0 ? full : lines.add(`<0.${id}.0>`);
      const isConnection = id > 0 && resource === CONNECTION;
      [events[LOW], events[REST_END]] = isConnection
        ? [events[SOURCE], events[SOURCE_END]]
        : [full[0] + name.length + 1, full[1]];
    } else if (id <= 0) [events[SOURCE], events[SOURCE_END]] = lines.add(bosh(-id));
    events[USER] = isNamed || kind === 'start' ? this.users.names.intern(name, 0, name.length) : -1;
    events[AT] = at;
    batch.addScanned({ events, count: 1 });
  }

  /** The number that the next id gets which is no address: that of one which is not used any more. */
  nextIdNumber(): number {
    const { ids } = this.users.sessions;
    const { low, high } = ids.take('another');
    ids.letGo(low, high);
    return low;
  }

  /** All that anybody may ask for. */
  outcome(at: number): object {
    const { users, sessions } = this;
    return {
      users: Array.from({ length: 7 }, (_, user) => users.get(jid(user))),
      size: users.size,
      sessions: [...sessions.all()],
      hasResumption: sessions.hasResumption,
      changes: sessions.stored.takeChanges(),
      counts: users.sample(at, sessions.overBy(at)),
      names: users.names.size,
      ...(this.#isStored && { stored: users.pages.takeUsers() }),
    };
  }
}

const scanned = (...kinds: readonly Usual['kind'][]): fc.Arbitrary<Usual> =>
  fc.record({
    kind: fc.constantFrom(...kinds),
    id: fc.integer({ min: -1, max: 7 }),
    user: fc.integer({ min: 0, max: 6 }),
  });
const usual = scanned('connect', 'start', 'start', 'end', 'end', 'over');
const resource = fc.constantFrom('r', 'r', 'phone', 'r: x', CONNECTION);
const named = fc.oneof(
  fc.record({
    kind: fc.constantFrom<Usual['kind'][]>('named start', 'named end', 'named bind'),
    id: fc.integer({ min: -1, max: 5 }),
    user: fc.integer({ min: 0, max: 6 }),
    resource,
  }),
  fc.record({
    kind: fc.constant('named end' as const),
    id: fc.integer({ min: 1, max: 5 }),
    user: fc.integer({ min: 0, max: 6 }),
    resource,
    behind: fc.constantFrom(': Stream reset by peer', ' from 127.0.0.1: Normal disconnection', 'x'),
  }),
);
const user = fc.integer({ min: 0, max: 6 }).map(jid);
const other = fc.oneof(
  user.map((name) => (at: number): SessionEvent => ({ kind: 'removed', user: name, at })),
  user.map((name) => (at: number): SessionEvent => ({ kind: 'disabled', user: name, at })),
  user.map((name) => (at: number): SessionEvent => ({ kind: 'enabled', user: name, at })),
  fc.constantFrom<((at: number) => SessionEvent)[]>(
    (at) => ({ kind: 'server-start', at }),
    (at) => ({ kind: 'server-stop', at }),
    (at) => ({ kind: 'end', session: BOSH, hibernates: true, at }),
    (at) => ({ kind: 'detail', on: true, at }),
    (at) => ({ kind: 'detail', on: false, at }),
  ),
  fc.tuple(user, fc.constantFrom('c2s1', 'c2s200000002')).map(([name, session]) => (at: number): SessionEvent => ({
    kind: 'bind',
    session,
    user: name,
    resource: 'phone',
    at,
  })),
);
const after = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 0, max: 400 }) },
  { weight: 2, arbitrary: fc.integer({ min: 400, max: 4000 }) },
  fc.integer({ min: -300, max: 0 }),
  fc.constantFrom(8 * 86_400, 43_200, 43_201),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 40, arbitrary: fc.record({ after, usual }) },
  { weight: 30, arbitrary: fc.record({ after, usual: named }) },
  { weight: 2, arbitrary: fc.record({ after, other }) },
);

describe('compiled rules', () => {
  for (const isStored of [true, false])
    it(`make of any events what the definition makes of them, ${isStored ? 'and tell what changed' : 'where nobody stores them'} [9.14]`, () => {
      let taken = 0;
      let unusual = 0;
      const property = fc.property(fc.array(fc.array(step, { maxLength: 60 }), { maxLength: 6 }), (blocks) => {
        const [compiled, defined] = [new World(true, isStored), new World(false, isStored)];
        let at = BEGIN;
        for (const steps of blocks) {
          compiled.take(steps, at);
          defined.take(steps, at);
          at = steps.reduce((sum, each) => sum + each.after, at);
          const next = Math.ceil((at + 1) / HOUR) * HOUR;
          assert.deepEqual(compiled.outcome(next), defined.outcome(next));
          for (const { users } of [compiled, defined])
            for (const _ of forgettingUnseenSince(users, at - 200, new Set()));
        }
        taken += defined.unusual;
        unusual += compiled.unusual;
      });
      fc.assert(property, { numRuns: 200 });
      assert.ok(unusual < taken / 3, `${unusual} of ${taken} were left to the definition`);
    });

  it('take in nearly all events of many users and sessions [9.14]', () => {
    const [compiled, defined] = [new World(true, true), new World(false, true)];
    const steps = Array.from({ length: 60_000 }, (_, n): Step => {
      const [id, kind] = [(n >> 1) + 1, n % 2 === 0 ? 'start' : 'end'] as const;
      return { after: n % 2, usual: { kind, id: kind === 'end' && n > 400 ? id - 200 : id, user: (n >> 1) % 20_000 } };
    });
    compiled.take(steps, BEGIN);
    defined.take(steps, BEGIN);
    assert.deepEqual(compiled.outcome(BEGIN + 10 * HOUR), defined.outcome(BEGIN + 10 * HOUR));
    assert.ok(compiled.unusual < 12_000, `${compiled.unusual} were left to the definition`);
  });

  it('take in nearly all events of sessions that are named by full JIDs [10.3]', () => {
    const [compiled, defined] = [new World(true, true), new World(false, true)];
    const steps = Array.from({ length: 30_000 }, (_, n): Step => {
      const isEnd = n % 2 === 1 && n > 400;
      const login = (n >> 1) - (isEnd ? 100 : 0);
      const id = login % 3 === 0 ? 0 : login;
      const behind = isEnd && id > 0 ? { behind: ': Stream reset by peer' } : {};
      const told = { id, user: login % 7001, resource: `phone-${login % 5}`, ...behind };
      return { after: n % 2, usual: { kind: isEnd ? 'named end' : 'named start', ...told } };
    });
    for (const world of [compiled, defined])
      for (let from = 0, at = BEGIN; from < steps.length; from += 10_000, at += HOUR)
        world.take(steps.slice(from, from + 10_000), at);
    assert.deepEqual(compiled.outcome(BEGIN + 10 * HOUR), defined.outcome(BEGIN + 10 * HOUR));
    assert.ok(compiled.unusual < 3000, `${compiled.unusual} were left to the definition`);
  });

  it('let go of the names of sessions that are over [9.13]', () => {
    const [compiled, defined] = [new World(true, false), new World(false, false)];
    for (const world of [compiled, defined]) {
      for (const kind of ['named start', 'named bind', 'named end'] as const)
        for (const id of [0, 1, 2])
          world.take([{ after: 0, usual: { kind, id, user: id, resource: `phone-${id}` } }], BEGIN);
    }
    assert.deepEqual(compiled.outcome(BEGIN + HOUR), defined.outcome(BEGIN + HOUR));
    for (const world of [compiled, defined]) {
      assert.ok(world.nextIdNumber() < 6);
      assert.equal(world.users.sessions.resourceNumber('phone-1'), 0);
    }
    assert.ok(compiled.unusual < 3);
  });

  it('count those who come back after months [9.14]', () => {
    const [compiled, defined] = [new World(true, true), new World(false, true)];
    const comes = (user: number, after: number): Step[] =>
      (['start', 'end'] as const).map((kind) => ({ after, usual: { kind, id: user + 1, user } }));
    for (const [n, days] of [1, 30, 36, 38, 42, 90, 200].entries())
      for (const world of [compiled, defined]) {
        const begin = BEGIN + n * 365 * 86_400;
        world.take(
          [0, 1, 2, 9].flatMap((user) => comes(user, 1000)),
          begin,
        );
        world.take([comes(0, 60), comes(1, days * 43_200), comes(9, 60)].flat(), begin + 86_400 * days);
      }
    const now = BEGIN + 7 * 365 * 86_400;
    assert.deepEqual(compiled.outcome(now), defined.outcome(now));
  });

  it('let go of the ids of BOSH sessions that are over [9.13]', () => {
    const [compiled, defined] = [new World(true, false), new World(false, false)];
    for (const world of [compiled, defined])
      for (let n = 0; n < 1000; n++)
        world.take(
          [
            { after: 0, usual: { kind: 'start', id: -n, user: 0 } },
            { after: 9, usual: { kind: 'end', id: -n, user: 0 } },
            { after: 0, usual: { kind: 'connect', id: -n, user: 0 } },
          ],
          BEGIN + 10 * n,
        );
    assert.deepEqual(compiled.outcome(BEGIN + 4 * HOUR), defined.outcome(BEGIN + 4 * HOUR));
    assert.deepEqual(
      [compiled, defined].map((world) => world.nextIdNumber()),
      [0, 0],
    );
    assert.equal(compiled.unusual, 0);
  });

  it('leave a user with more ids than are kept to the definition [9.14]', () => {
    const [compiled, defined] = [new World(true, true), new World(false, true)];
    const steps = Array.from({ length: 300 }, (_, n): Step => ({
      after: 1,
      usual: { kind: 'start', id: n + 1, user: 0 },
    }));
    compiled.take(steps, BEGIN);
    defined.take(steps, BEGIN);
    assert.deepEqual(compiled.outcome(BEGIN + HOUR), defined.outcome(BEGIN + HOUR));
  });

  it('take in more sessions at a time than a small table holds [9.14]', () => {
    const [compiled, defined] = [new World(true, true), new World(false, true)];
    const steps = Array.from({ length: 20_000 }, (_, n): Step => {
      return { after: 0, usual: { kind: 'start', id: n + 1, user: n % 19_000 } };
    });
    compiled.take(steps, BEGIN);
    defined.take(steps, BEGIN);
    assert.deepEqual(compiled.outcome(BEGIN + HOUR), defined.outcome(BEGIN + HOUR));
  });

  it('end more hibernations at a time than can be told at once [9.14]', () => {
    const [compiled, defined] = [new World(true, true), new World(false, true)];
    const steps = Array.from({ length: 40_000 }, (_, n): Step[] => {
      const id = (n + 1) * 3;
      const session = `c2s${id.toString(16)}`;
      return [
        { after: 0, usual: { kind: 'start', id, user: n + 7 } },
        { after: 0, usual: { kind: 'end', id, user: n + 7 } },
        { after: 0, other: (at) => ({ kind: 'end', session, hibernates: true, at }) },
      ];
    }).flat();
    for (const world of [compiled, defined]) {
      world.take(steps, BEGIN);
      world.take([{ after: 0, usual: { kind: 'start', id: 1, user: 1 } }], BEGIN + HOUR);
    }
    assert.deepEqual(compiled.outcome(BEGIN + 2 * HOUR), defined.outcome(BEGIN + 2 * HOUR));
  });

  it('do not bring back who was removed while another log thought them to hibernate [9.14]', () => {
    const name = jid(0);
    const outcomes = [true, false].map((isCompiled) => {
      const world = new World(isCompiled, true);
      const other = new Sessions(world.users, OPTIONS);
      const hibernates = (at: number): SessionEvent => ({ kind: 'end', session: 'c2s3', hibernates: true, at });
      world.take(
        [
          { after: 0, usual: { kind: 'start', id: 3, user: 0 } },
          { after: 9, usual: { kind: 'end', id: 3, user: 0 } },
          { after: 0, other: hibernates },
        ],
        BEGIN,
      );
      other.take({ kind: 'removed', user: name, at: BEGIN + 700 });
      world.take([{ after: 800, usual: { kind: 'start', id: 6, user: 2 } }], BEGIN);
      return world.users.get(name);
    });
    assert.deepEqual(outcomes, [undefined, undefined]);
  });
});
