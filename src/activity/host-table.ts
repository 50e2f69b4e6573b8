/** The virtual hosts of the users, as numbers: who is online there, and how many were last seen when. */
import { NameTable } from '../format/name-table.ts';
import { ActiveWindow } from './active-window.ts';

export interface Host {
  readonly name: string;
  readonly window: ActiveWindow;
  /** Users who are known, and names that are in use. */
  users: number;
  names: number;
  /** Users with an open session. */
  open: number;
  /** When any user was seen last, unix seconds. */
  seenAt: number;
  /** Somebody has been seen there, and it is not forgotten yet. */
  isKnown: boolean;
}

export class HostTable {
  /** By number; undefined for a number that is free. */
  readonly #hosts: (Host | undefined)[] = [];
  /** Their names, by the same numbers: looked up for each user who is new. */
  readonly #names: NameTable;

  readonly #windows: number;

  /** `seed` as of a `NameTable`, `windows` as of an `ActiveWindow`. */
  constructor(seed: number, windows: number) {
    this.#names = new NameTable({ seed });
    this.#windows = windows;
  }

  at(number: number): Host {
    return this.#hosts[number]!;
  }

  /** The hosts where somebody has been seen, with their numbers. */
  *known(): Iterable<readonly [number, Host]> {
    for (const [number, host] of this.#hosts.entries()) if (host?.isKnown) yield [number, host];
  }

  /** The number of a host, which one name more is of. */
  hold(bytes: Uint8Array, from: number, to: number): number {
    const number = this.#names.intern(bytes, from, to);
    const host = this.#hosts[number] ?? this.#add(number);
    host.names++;
    return number;
  }

  /** One name less is of it. */
  letGo(number: number): void {
    this.at(number).names--;
    this.#freeIfUnused(number, this.at(number));
  }

  /** Drops hosts without users of which none was seen since `second`. */
  forgetUnseenSince(second: number): void {
    for (const [number, host] of this.known()) {
      if (host.users > 0 || host.seenAt >= second) continue;
      host.isKnown = false;
      this.#freeIfUnused(number, host);
    }
  }

  #add(number: number): Host {
    const counts = { users: 0, names: 0, open: 0, seenAt: -Infinity, isKnown: false };
    const host = { name: this.#names.text(number), window: new ActiveWindow(this.#windows), ...counts };
    this.#hosts[number] = host;
    return host;
  }

  #freeIfUnused(number: number, { names, isKnown }: Host): void {
    if (names > 0 || isKnown) return;
    this.#hosts[number] = undefined;
    this.#names.release(number);
  }
}
