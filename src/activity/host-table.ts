/** The virtual hosts of the users, as numbers: who is online there, and how many were last seen when. */
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
  readonly #numbers = new Map<string, number>();

  at(number: number): Host {
    return this.#hosts[number]!;
  }

  /** The hosts where somebody has been seen, with their numbers. */
  *known(): Iterable<readonly [number, Host]> {
    for (const [number, host] of this.#hosts.entries()) if (host?.isKnown) yield [number, host];
  }

  /** The number of a host, which one name more is of. */
  hold(name: string): number {
    const number = this.#numbers.get(name) ?? this.#add(name);
    this.at(number).names++;
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

  #add(name: string): number {
    const free = this.#hosts.indexOf(undefined);
    const number = free < 0 ? this.#hosts.length : free;
    const counts = { users: 0, names: 0, open: 0, seenAt: -Infinity, isKnown: false };
    this.#hosts[number] = { name, window: new ActiveWindow(), ...counts };
    this.#numbers.set(name, number);
    return number;
  }

  #freeIfUnused(number: number, { name, names, isKnown }: Host): void {
    if (names > 0 || isKnown) return;
    this.#hosts[number] = undefined;
    this.#numbers.delete(name);
  }
}
