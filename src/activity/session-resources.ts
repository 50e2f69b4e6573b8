/** The resources that sessions are bound to, as numbers, each as long as a session has it. */
import { NAME_WORDS, OWN, type NameTable } from '../format/name-table.ts';
import { moved } from '../format/reserved.ts';
import type { SessionPack } from './session-pack.ts';

export class SessionResources {
  readonly #names: NameTable;
  /** By session: the number of its resource + 1. */
  #of = new Int32Array(0);

  /** `names`: with those of the ids, as some servers name a resource as the session. */
  constructor(names: NameTable) {
    this.#names = names;
  }

  /** By session: the number of its resource + 1. */
  get words(): Int32Array {
    return this.#of;
  }

  reserve(sessions: number): void {
    this.#of = moved(this.#of, sessions);
  }

  /** Goes on in words that are zero, and are for as many sessions. */
  moveTo(words: Int32Array<ArrayBuffer>, sessions: number): void {
    words.set(this.#of.subarray(0, sessions));
    this.#of = words;
  }

  /** The number of a session's resource + 1; 0 for none. */
  of(session: number): number {
    return this.#of[session]!;
  }

  /** The number + 1 of a resource; 0 when no session has it. */
  number(name: string): number {
    return this.#names.find(name) + 1;
  }

  text(number: number): string {
    return this.#names.text(number - 1);
  }

  /** That of a session. */
  pack(session: number, pack: SessionPack): void {
    const number = this.#of[session]!;
    if (number > 0) pack.name(this.#names, number - 1);
    else pack.text(undefined);
  }

  /** The number + 1 of the resource that these bytes are, which are of ASCII; held once. */
  take(bytes: Uint8Array, from: number, to: number): number {
    const number = this.#names.intern(bytes, from, to) + 1;
    this.hold(number);
    return number;
  }

  /** The same of a resource that is named as the session whose id has this number. */
  takeOfId(low: number): number {
    this.hold(low + 1);
    return low + 1;
  }

  /** The number + 1 means this resource until it has been let go as often as it was held. */
  hold(number: number): void {
    this.#names.words[(number - 1) * NAME_WORDS + OWN]!++;
  }

  letGo(number: number): void {
    if (--this.#names.words[(number - 1) * NAME_WORDS + OWN]! === 0) this.#names.release(number - 1);
  }

  /** `name`: empty for none. */
  bind(session: number, name: string): void {
    this.unbind(session);
    const number = this.#names.internText(name) + 1;
    this.hold(number);
    this.#of[session] = number;
  }

  unbind(session: number): void {
    const number = this.#of[session]!;
    this.#of[session] = 0;
    if (number > 0) this.letGo(number);
  }
}
