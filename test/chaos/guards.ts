/** What keeps the union exact, and how it is taken away from the text of the daemon in one file: a count is then seen to be wrong. */
export interface Guard {
  readonly name: string;
  /** What stands there, and what stands there without the guard. */
  readonly without: readonly (readonly [string, string])[];
}

export const GUARDS: Readonly<Record<string, Guard>> = {
  fraction: {
    name: 'the login in the fraction of the score',
    without: [['return seen - (UNIT - 1 - (score - seen) * UNIT)', 'return seen']],
  },
  flag: {
    name: 'the flag of a node that sends all again',
    without: [["redis.call('HSET', KEYS[1], node .. ':r', 1)", '']],
  },
  sequence: {
    name: 'the sequence of batches',
    // As if nothing were ever missing.
    without: [
      ["if seq ~= last + 1 then return {'GAP', last} end", ''],
      ['if (isLost || !this.#kept.isInStep)', 'if (!this.#kept.isInStep)'],
      ['async verify() {', 'async verify() {\n    return;'],
      ['has[1] ~= seq or ', ''],
    ],
  },
};

export function withoutGuard(text: string, { name, without }: Guard): string {
  let less = text;
  for (const [guard, instead] of without) {
    if (!less.includes(guard)) throw new Error(`${name}: there is no ${guard}`);
    less = less.replace(guard, () => instead);
  }
  return less;
}
