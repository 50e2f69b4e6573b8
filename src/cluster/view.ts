/** How the nodes stand, as `look` tells it. Pure. */

/** What a node had sent when it had read all up to an instant. */
export interface Mark {
  readonly at: number;
  readonly seqs: readonly number[];
  /** Of the connection on which it was. */
  readonly epoch: string;
  /** Per window, seconds. */
  readonly covered: readonly number[];
  /** Whether the node remembers what was counted. */
  readonly isKnown?: boolean;
}

export interface NodeView {
  readonly name: string;
  /** What it tells of its configuration; empty where it was never here. */
  readonly about: string;
  /** How long it gave no sign of life, seconds. */
  readonly silent: number;
  /** How far its clock is before that of Redis, seconds. */
  readonly ahead: number;
  readonly mark: Mark | undefined;
}

export interface View {
  readonly counted: number;
  /** Of the instant asked for; empty where there is none. */
  readonly result: string;
  readonly leader: string;
  /** The clock of Redis, unix seconds. */
  readonly now: number;
  readonly nodes: readonly NodeView[];
  readonly removed: readonly string[];
  /** Of the last instant that was counted, where this node did not know of it. */
  readonly news: string;
}

/** Nodes whose clocks differ by more, in seconds, do not mean the same by an hour. */
const MOST_SKEW = 5;

/** `latest`: an instant that was counted later was so by clocks that were wrong. */
export function viewOf(answer: unknown, latest = Infinity): View {
  const [counted, result, leader, now, members, beats, marks, removed, news] = answer as [
    ...[string, string, string, string],
    ...[string[], string[], string[], string[], string],
  ];
  const beatOf = new Map(pairs(beats));
  const markOf = new Map(pairs(marks));
  const nodes = pairs(members).map(([name, about]) => {
    const [last = 0, ahead = 0] = (beatOf.get(name) ?? `${now} 0`).split(' ').map(Number);
    const mark = markOf.get(name);
    return {
      name,
      about,
      silent: (Number(now) - last) / 1000,
      ahead: ahead / 1000,
      mark: mark === undefined ? undefined : (JSON.parse(mark) as Mark),
    };
  });
  nodes.sort((a, b) => (a.name < b.name ? -1 : 1));
  const last = Number(counted) > latest ? 0 : Number(counted);
  return { counted: last, result, leader, now: Number(now) / 1000, nodes, removed, news: last > 0 ? news : '' };
}

/** What an administrator should hear of once, however its sentence changes. */
export interface Complaint {
  readonly what: string;
  readonly sentence: string;
}

/** `awake`: seconds for which a node that is well may be silent. */
export function complaints({ nodes }: View, own: string, awake: number): Complaint[] {
  const here = nodes.filter(({ silent, about }) => silent <= awake && about !== '');
  const self = here.find(({ name }) => name === own);
  if (!self) return [];
  const others = here.filter(({ name }) => name !== own);
  return others.flatMap(({ name, ahead, about }) => {
    const skew = Math.abs(Math.round(ahead - self.ahead));
    const all = {
      clocks:
        skew > MOST_SKEW &&
        `the clocks of the nodes ${own} and ${name} differ by ${skew} seconds: set both by NTP, as counts at the hour are wrong by what happens in between`,
      count:
        about !== self.about &&
        `the nodes ${own} and ${name} count otherwise (${self.about} and ${about}): give both the same table [count]`,
      gauges:
        levelOf(name) === levelOf(own) &&
        `the nodes ${own} and ${name} have one name among the metrics (${levelOf(own)}), so that one hides the other: give one of them another name (cluster.node)`,
    };
    return Object.entries(all).flatMap(([kind, sentence]) =>
      sentence === false ? [] : [{ what: `${kind} ${name}`, sentence }],
    );
  });
}

/** A node's name in the names of metrics. */
export const levelOf = (node: string): string => node.replaceAll('.', '_');

/** Those of whom something is expected, and who have not come to the instant, by name. `nodes`: how many there should be. */
export function missingAt(view: View, at: number, nodes: number): string[] {
  const named = view.nodes.filter(({ mark }) => mark?.at !== at).map(({ name }) => name);
  const unknown = Math.max(0, nodes - view.nodes.length);
  return [...named, ...Array.from({ length: unknown }, (_, i) => `never seen (${i + 1})`)];
}

/** Of those that there are and of those that there should be, more than half have to come. */
export function areTooFew({ nodes: all }: View, at: number, nodes: number): boolean {
  return 2 * presentAt(all, at) <= Math.max(nodes, all.length);
}

/** Why there is no count of the instant yet. */
export function waitedFor(view: View, at: number, nodes: number): string {
  const missing = missingAt(view, at, nodes).join(', ');
  if (!areTooFew(view, at, nodes)) return `other nodes were waited for (${missing || view.leader})`;
  const most = Math.max(nodes, view.nodes.length);
  const unseen =
    view.nodes.length < nodes
      ? '. Those that have another key_file, slots, or in [count] other windows, include_disabled or exclude are never seen'
      : '';
  return `only ${presentAt(view.nodes, at)} of ${most} nodes have come (missing: ${missing}): the others may count without this one${unseen}`;
}

const presentAt = (nodes: readonly NodeView[], at: number): number =>
  nodes.filter(({ mark }) => mark?.at === at).length;

function pairs(flat: readonly string[]): [string, string][] {
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i] ?? '', flat[2 * i + 1] ?? '']);
}
