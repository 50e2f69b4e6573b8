/** The resources that sessions are bound to, as numbers, each as long as a session has it. */
import { NAME_WORDS, NameTable, OWN } from '../format/name-table.ts';
import { moved } from '../format/reserved.ts';

export class SessionResources {
  readonly #names: NameTable;
  /** By session: the number of its resource + 1. */
  #of = new Int32Array(0);

  /** `seed` as of a `NameTable`. */
  constructor(seed: number) {
    this.#names = new NameTable({ seed });
  }

  /** Whether any session has one. */
  get isAny(): boolean {
    return this.#names.size > 0;
  }

  reserve(sessions: number): void {
    this.#of = moved(this.#of, sessions);
  }

  /** The number of a session's resource + 1; 0 for none. */
  of(session: number): number {
    return this.#of[session]!;
  }

  /** The number + 1 that a resource has if any session has it; else 0. */
  number(name: string): number {
    return this.#names.find(name) + 1;
  }

  text(number: number): string {
    return this.#names.text(number - 1);
  }

  /** `name`: empty for none. */
  bind(session: number, name: string): void {
    this.unbind(session);
    const resource = this.#names.internText(name);
    this.#names.words[resource * NAME_WORDS + OWN]!++;
    this.#of[session] = resource + 1;
  }

  unbind(session: number): void {
    const resource = this.#of[session]! - 1;
    if (resource < 0) return;
    this.#of[session] = 0;
    if (--this.#names.words[resource * NAME_WORDS + OWN]! === 0) this.#names.release(resource);
  }
}
