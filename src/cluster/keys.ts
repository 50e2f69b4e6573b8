/** The keys of the union. Those of one slot have one hash tag, so that a Redis Cluster has them on one master. */
export class Keys {
  readonly #prefix: string;
  readonly slots: number;

  /** `id`: of the key of the pseudonyms. Who divides users otherwise is of another union. */
  constructor(id: string, slots: number) {
    this.#prefix = `xau:${id}.${slots}`;
    this.slots = slots;
  }

  /** Which union it is. */
  get union(): string {
    return this.#prefix;
  }

  slot(slot: number): string {
    return `{${this.#prefix}:${slot}}nodes`;
  }

  get control(): string {
    return `{${this.#prefix}:c}counted`;
  }

  get all(): readonly string[] {
    return Array.from({ length: this.slots }, (_, slot) => this.slot(slot));
  }
}
