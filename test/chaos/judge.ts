/** Holds what was sent to a pass over all that happened. */
import type { NodesWorld } from '../cluster/nodes-world.ts';
import type { Emission } from './node-process.ts';

export interface Verdicts {
  /** Of a host, a window and an instant each. */
  exact: number;
  lower: number;
  /** Of these, those above the truth by what only a node that did not come could tell: accounts that were removed or disabled. */
  above: number;
  wrong: number;
  /** Sent a second time, with the same values. */
  repeated: number;
}

/** Of an instant. */
export interface Hour {
  readonly at: number;
  /** The numbers of the nodes that did not come, as far as that was told. */
  readonly missing: ReadonlySet<number>;
  /** Also where nothing named them. */
  readonly isLower: boolean;
}

export class Judge {
  readonly verdicts: Verdicts = { exact: 0, lower: 0, above: 0, wrong: 0, repeated: 0 };
  readonly #world: NodesWorld;
  readonly #windows: readonly number[];
  readonly #tell: (sentence: string) => void;
  /** By instant, host and window. */
  readonly #sent = new Map<string, number>();
  readonly #known = new Map<string, readonly number[]>();

  constructor(world: NodesWorld, windows: readonly number[], tell: (sentence: string) => void) {
    this.#world = world;
    this.#windows = windows;
    this.#tell = tell;
  }

  /** `late`: other instants of which it may be, where the sender was cut off or stood still. */
  judge(emission: Emission, hour: Hour, late: readonly number[]): void {
    // A count of before that is sent once more has the numbers of then.
    const isOf = late.find((at) =>
      emission.gauges.every((gauge) => (this.#sent.get(keyOf(at, gauge)) ?? this.#truth(at, gauge)) === valueOf(gauge)),
    );
    if (isOf !== undefined) this.verdicts.repeated += emission.gauges.length;
    else for (const gauge of emission.gauges) this.#judge(gauge, hour, emission.missing);
  }

  #judge(gauge: string, { at, missing, isLower }: Hour, told: number | undefined): void {
    const { verdicts } = this;
    const value = valueOf(gauge);
    const key = keyOf(at, gauge);
    const before = this.#sent.get(key);
    this.#sent.set(key, value);
    if (before === value) return void verdicts.repeated++;
    const truth = this.#truth(at, gauge);
    if (before === undefined && value === truth) return void (isLower ? verdicts.lower++ : verdicts.exact++);
    const [low, high] = this.#bounds(gauge, at, missing);
    if (before === undefined && isLower && value >= low && value <= high) {
      verdicts.lower++;
      if (value > truth) verdicts.above++;
      return;
    }
    verdicts.wrong++;
    const sent = before === undefined ? '' : `, sent before as ${before}`;
    const between = isLower ? ` (a lower bound, of ${low} to ${high}; missing: ${[...missing].join(' ')})` : '';
    this.#tell(`${isoOf(at)} ${gauge}, should be ${truth}${between}${sent}; nodes_missing ${told}`);
  }

  #truth(at: number, gauge: string): number {
    const { host, window } = partsOf(gauge);
    const key = `${at} ${host}`;
    const counts = this.#known.get(key) ?? this.#world.countsAt(at, host, this.#windows);
    this.#known.set(key, counts);
    return counts[this.#windows.indexOf(window)] ?? -1;
  }

  #bounds(gauge: string, at: number, missing: ReadonlySet<number>): readonly [number, number] {
    const { host, window } = partsOf(gauge);
    const [low, high] = this.#world.boundsAt(at, host, [window], (node) => missing.has(node));
    return [low[0] ?? 0, high[0] ?? 0];
  }
}

export const isoOf = (at: number): string => new Date(at * 1000).toISOString().replace('.000', '');

/** `1d.chat_example:3` */
function partsOf(gauge: string): { readonly host: string; readonly window: number } {
  const [, window = '', host = ''] = /^(\d+)d\.(\w+):/.exec(gauge) ?? [];
  return { host: host.replaceAll('_', '.'), window: Number(window) };
}
const valueOf = (gauge: string): number => Number(gauge.slice(gauge.indexOf(':') + 1));
const keyOf = (at: number, gauge: string): string => `${at} ${gauge.slice(0, gauge.indexOf(':'))}`;
