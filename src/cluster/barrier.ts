/**
 * The instant at which all nodes are counted together. Each sets a mark when it has sent all up to it, and nothing later; one of them, who has the lease,
 * counts when all have, or when it has waited long enough for the others. A result is the first one for its instant, whoever comes
 * to it twice, and it is sent before it is noted to be; so a leader that dies between the two has its numbers sent again, and not others.
 * That holds where Redis loses all at that moment, too: it is sent when more than half of the nodes remember it, and so many there have to be for another.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { closeSessions } from './close-sessions.ts';
import { addUp, leastCovered, resultOf, resultText, withHosts } from './counts.ts';
import type { Asked, ClusterSettings, Counted, SharedCount } from './seam.ts';
import type { Union } from './union.ts';
import { upkeep } from './upkeep.ts';
import { areTooFew, missingAt, waitedFor, type Mark, type View } from './view.ts';
import { patienceOf, Waiting, type Patience } from './waiting.ts';

/** Longer than a count takes. Where it should not be, two come to one result. */
const LEASE_MILLISECONDS = 5000;
/** Where Redis has been away for so long when it is time, in seconds, no log is held for it. */
const LONG_AWAY = 600;
/** So soon it is noticed that there is no connection any more. */
const LONGEST_FLUSH = 1000;
/** In the place of a result. */
const GIVEN_UP = 'null';
const FIRST_PAUSE = 20;
const LONGEST_PAUSE = 300;
/** Milliseconds for which a result waits for being known to more than half of the nodes; in the end it is better sent. */
const KNOWN_MILLISECONDS = 4000;
const DAY = 86_400;
/** Nodes that come so late, in seconds, still hear what was counted. */
const KEPT_RESULTS = 2 * DAY;

export interface BarrierOptions {
  readonly settings: ClusterSettings;
  readonly union: Union;
  readonly tell: (level: 'info' | 'warn', sentence: string) => void;
}

/** What came of one look at the others; undefined where it is to be looked again. */
type Outcome = Counted | undefined;

export class Barrier implements SharedCount {
  readonly #options: BarrierOptions;
  /** Upkeep after a count that was sent. */
  #upkeep: Promise<void> = Promise.resolve();
  #windows: readonly number[] = [];
  /** Since when, milliseconds, this node knows the result of the instant. */
  #knownSince: number | undefined;
  readonly #patience: Patience;

  constructor(options: BarrierOptions) {
    this.#options = options;
    this.#patience = patienceOf(options.settings.waitSeconds);
  }

  async count(asked: Asked, signal: AbortSignal): Promise<Counted> {
    const { union } = this.#options;
    this.#windows = asked.windows;
    this.#knownSince = undefined;
    const waiting = new Waiting({ most: this.#patience.most, joinedAt: () => union.joinedAt, signal });
    try {
      return await this.#countWithin(waiting, asked, signal);
    } finally {
      waiting.end();
    }
  }

  async #countWithin(waiting: Waiting, asked: Asked, signal: AbortSignal): Promise<Counted> {
    const { union, settings } = this.#options;
    const { over } = waiting;
    let why = 'not all that this node knows could be sent';
    let areFew = false;
    let pauseFor = FIRST_PAUSE;
    while (!over.aborted && !this.#isHopeless(asked.at, waiting.seconds, areFew)) {
      areFew = false;
      try {
        if (!(await this.#isAllSent(over))) continue;
        await union.verify();
        const isKnown = union.knows(asked.at);
        const mark = { at: asked.at, seqs: union.seqs, epoch: union.epoch, covered: asked.covered, isKnown };
        const view = await union.look(asked.at, mark);
        waiting.isEarly(asked.at - view.now);
        const outcome = await this.#decide(asked, mark, view, waiting.seconds >= this.#patience.others);
        if (outcome) return outcome;
        // What was counted is to be known to the others soon.
        if (isKnown !== union.knows(asked.at)) pauseFor = FIRST_PAUSE;
        areFew = view.result === '' && areTooFew(view, asked.at, settings.nodes);
        why = waitedFor(view, asked.at, settings.nodes);
      } catch (error) {
        if (!over.aborted) why = error instanceof Error ? error.message : String(error);
      }
      await pause(pauseFor, undefined, { signal: over }).catch(() => {});
      pauseFor = Math.min(pauseFor * 2, LONGEST_PAUSE);
    }
    if (signal.aborted) return { kind: 'away', why: 'the daemon stops' };
    const { isAway, problem = why } = union.state;
    return { kind: 'away', why: problem, ...(isAway && { isTold: true }) };
  }

  /** `areFew`: more nodes are needed. */
  #isHopeless(at: number, waited: number, areFew: boolean): boolean {
    const { isAway, since } = this.#options.union.state;
    return (isAway && at - since >= LONG_AWAY) || (waited >= this.#patience.needed && (isAway || areFew));
  }

  async #isAllSent(over: AbortSignal): Promise<boolean> {
    const soon = AbortSignal.any([over, AbortSignal.timeout(LONGEST_FLUSH)]);
    return await this.#options.union.flush(soon).then(
      () => true,
      () => false,
    );
  }

  async confirm(at: number): Promise<void> {
    const { union, settings } = this.#options;
    union.noteCounted(at);
    const { connection, keys } = union;
    await connection.run('confirm', keys.control, settings.node, at, union.latest, at - KEPT_RESULTS);
    await this.#upkeep;
    // Nobody waits for it.
    this.#upkeep = upkeep(union, at - (Math.max(...this.#windows) + 1) * DAY).catch(() => {});
  }

  passed(at: number): void {
    this.#options.union.passed(at);
  }

  /** `isLate`: nodes that have not come are missing. */
  async #decide(asked: Asked, mark: Mark, view: View, isLate: boolean): Promise<Outcome> {
    const { settings, union } = this.#options;
    const { at } = asked;
    if (view.result !== '') union.noteResult(at, view.result);
    if (view.counted >= at && view.result === '')
      // Whoever remembers it may still be on the way to a Redis that has lost it.
      return isLate ? { kind: 'away', why: 'what was counted is no longer known' } : undefined;
    if (view.result === GIVEN_UP) return { kind: 'away', why: 'it was given up for all nodes' };
    if (view.counted >= at) return { kind: 'elsewhere', ...resultOf(view.result) };
    // It hears why when it joins again.
    if (view.removed.includes(settings.node)) return undefined;
    // A result that nobody has said to be sent is sent by whoever gets the lease.
    const isAlone = areTooFew(view, at, settings.nodes);
    const { length: missing } = missingAt(view, at, settings.nodes);
    if (view.result === '' && (isAlone || (missing > 0 && !isLate))) return undefined;
    const { connection, keys } = union;
    const isLeader = await connection.run('lead', keys.control, settings.node, at, union.latest, LEASE_MILLISECONDS);
    if (isLeader !== 1) return undefined;
    if (view.result === '') return await this.#lead(asked, mark, view, isLate);
    return this.#isKnownWidely(at, view) ? { kind: 'counted', ...resultOf(view.result) } : undefined;
  }

  /** So many nodes remember the result that none of them could be left out where another one were made. */
  #isKnownWidely(at: number, { nodes }: View): boolean {
    const { settings } = this.#options;
    this.#knownSince ??= performance.now();
    const known = nodes.filter(({ mark }) => mark?.at === at && mark.isKnown);
    return (
      2 * known.length > Math.max(settings.nodes, nodes.length) ||
      performance.now() - this.#knownSince > KNOWN_MILLISECONDS
    );
  }

  async #lead(asked: Asked, mark: Mark, view: View, isLate: boolean): Promise<Outcome> {
    const { settings, union } = this.#options;
    const { connection, keys } = union;
    const { at, windows } = asked;
    await this.#endSessions(view);
    // Those of whom not all is there any more are waited for, and then they are missing, too.
    const behind = new Set<string>();
    for (;;) {
      const present = view.nodes.filter((node) => node.mark?.at === at && !behind.has(node.name));
      if (2 * present.length <= Math.max(settings.nodes, view.nodes.length)) return undefined;
      const answers = await this.#countSlots(at, windows, view, new Set(present.map(({ name }) => name)));
      const failed = answers.find(([word]) => word !== 'OK');
      if (failed?.[0] === 'PASSED') {
        // It never can be counted any more, by none of them.
        const first = await connection.run('result', keys.control, settings.node, at, union.latest, GIVEN_UP);
        if (first !== GIVEN_UP) return undefined;
        await connection.run('confirm', keys.control, settings.node, at, union.latest, at - KEPT_RESULTS);
        return {
          kind: 'away',
          why: `the node ${String(failed[1])} has gone on without this count, and has told of what happened later`,
        };
      }
      if (failed) {
        if (!isLate || failed[1] === settings.node) return undefined;
        behind.add(String(failed[1]));
        continue;
      }
      const missing = [...missingAt(view, at, settings.nodes), ...behind];
      const counted = withHosts(addUp(answers, windows.length), asked.hosts, windows.length);
      const result = { hosts: counted, missing, covered: leastCovered(present, mark.covered) };
      const first = await connection.run('result', keys.control, settings.node, at, union.latest, resultText(result));
      if (first !== '') union.noteResult(at, String(first));
      return undefined;
    }
  }

  async #countSlots(
    at: number,
    windows: readonly number[],
    view: View,
    present: ReadonlySet<string>,
  ): Promise<unknown[][]> {
    const { connection, keys } = this.#options.union;
    const seconds = windows.map((days) => days * DAY);
    const answers = keys.all.map(async (key, slot) => {
      const nodes = view.nodes.flatMap(({ name, mark }) =>
        present.has(name) ? [name, mark?.seqs[slot] ?? 0, mark?.epoch ?? ''] : [name, '', ''],
      );
      return await connection.run('count', key, at, windows.length, ...seconds, ...nodes);
    });
    return (await Promise.all(answers)) as unknown[][];
  }

  /** Sessions of a node that has been gone for too long are gone, without a logout. */
  async #endSessions({ nodes }: View): Promise<void> {
    const { settings, union, tell } = this.#options;
    const { connection, keys } = union;
    for (const { name, silent } of nodes.filter((node) => node.silent > settings.leaseSeconds)) {
      let sessions = 0;
      for (const key of keys.all) sessions += (await closeSessions(connection, key, name)) ?? 0;
      if (sessions > 0)
        tell(
          'warn',
          `the node ${name} has been gone for ${Math.round(silent)} seconds: its open sessions count no longer`,
        );
    }
  }
}
