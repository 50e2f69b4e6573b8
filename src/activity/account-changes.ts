/**
 * Of a node of a cluster: accounts that were removed, forgotten, disabled or enabled, in the order of its logs, for as long as the
 * union may have to be told again. Whose account is gone has a right to be forgotten by name, so they are kept by the pseudonym
 * that the union knows them by.
 */

export type AccountChangeKind = 'removed' | 'forgotten' | 'disabled' | 'enabled';

/** Unix seconds. */
export interface KeptChange {
  readonly kind: AccountChangeKind;
  readonly host: string;
  /** The pseudonym, in hexadecimal digits. */
  readonly member: string;
  readonly at: number;
}

export class AccountChanges {
  readonly #pseudonymOf: (jid: string) => Buffer;
  /** By number, in their order. */
  readonly #all = new Map<number, KeptChange>();
  readonly #changed = new Set<number>();
  #last = 0;
  /** The number of the last one that was taken. */
  #taken = 0;
  #isHeld = false;
  /** The number of the last one that may be taken while an instant is being counted. */
  #end = 0;

  constructor(pseudonymOf: (jid: string) => Buffer) {
    this.#pseudonymOf = pseudonymOf;
  }

  note(kind: AccountChangeKind, jid: string, at: number): void {
    const member = this.#pseudonymOf(jid).toString('hex');
    const before = this.#all.get(this.#last);
    if (before?.kind === kind && before.member === member && before.at === at) return;
    this.#last++;
    this.#all.set(this.#last, { kind, host: jid.slice(jid.indexOf('@') + 1), member, at });
    this.#changed.add(this.#last);
  }

  /** Puts back what `takeChanges` gave an earlier run, in the order of the numbers. */
  restore(number: number, change: KeptChange): void {
    this.#all.set(number, change);
    this.#last = Math.max(this.#last, number);
  }

  /** Those up to that number were sent. */
  restoreSent(number: number): void {
    this.#taken = number;
    this.#last = Math.max(this.#last, number);
  }

  get waiting(): number {
    return Math.max(0, this.#until - this.#taken);
  }

  /** The next ones, in their order: those behind the number `after` up to `last`. */
  take(most: number): { readonly changes: readonly KeptChange[]; readonly after: number; readonly last: number } {
    const after = this.#taken;
    const changes: KeptChange[] = [];
    while (this.#taken < this.#until && changes.length < most) {
      const change = this.#all.get(++this.#taken);
      if (change) changes.push(change);
    }
    return { changes, after, last: this.#taken };
  }

  /** What comes behind that number is to be taken again. */
  goBack(number: number): void {
    this.#taken = Math.min(this.#taken, number);
  }

  /** From now on what is noted waits. */
  hold(): void {
    this.#isHeld = true;
    this.#end = this.#last;
  }

  release(): void {
    this.#isHeld = false;
  }

  /** But for those who are disabled since, of whom the union may have to be told again. */
  forgetBefore(second: number): void {
    const lastOf = new Map([...this.#all.values()].map((change) => [change.member, change]));
    for (const [number, change] of this.#all) {
      const isKept = change.kind === 'disabled' && lastOf.get(change.member) === change;
      if (change.at >= second || number > this.#taken || isKept) continue;
      this.#all.delete(number);
      this.#changed.add(number);
    }
  }

  /** What changed since the last call, to be stored; undefined for what is over. */
  takeChanges(): Map<number, KeptChange | undefined> {
    const changes = new Map([...this.#changed].map((number) => [number, this.#all.get(number)] as const));
    this.#changed.clear();
    return changes;
  }

  /** All of them, as `takeChanges` gives them. */
  get all(): ReadonlyMap<number, KeptChange> {
    return this.#all;
  }

  get #until(): number {
    return this.#isHeld ? this.#end : this.#last;
  }
}
