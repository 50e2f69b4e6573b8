/**
 * Accounts that were removed, and when: older logs that are read later must not bring them back. Whose account is gone has a
 * right to be forgotten by name, too, so only a hash of the name is kept.
 */
import { hash } from 'node:crypto';

export class Removals {
  /** Of the name's hash: unix seconds. */
  readonly #removed = new Map<string, number>();
  readonly #changed = new Set<string>();

  get size(): number {
    return this.#removed.size;
  }

  /** Puts back what `takeChanges` gave an earlier run. */
  restore(key: string, at: number): void {
    this.#removed.set(key, at);
  }

  note(jid: string, at: number): void {
    const key = keyOf(jid);
    if (at <= (this.#removed.get(key) ?? -Infinity)) return;
    this.#removed.set(key, at);
    this.#changed.add(key);
  }

  /** Whether a sighting at `at` is of an account that is gone by now. */
  isGone(jid: string, at: number): boolean {
    return this.#removed.size > 0 && at < (this.#removed.get(keyOf(jid)) ?? -Infinity);
  }

  forgetBefore(second: number): void {
    for (const [key, at] of this.#removed) {
      if (at >= second) continue;
      this.#removed.delete(key);
      this.#changed.add(key);
    }
  }

  /** What changed since the last call, to be stored; undefined for what is over. */
  takeChanges(): Map<string, number | undefined> {
    const changes = new Map([...this.#changed].map((key) => [key, this.#removed.get(key)] as const));
    this.#changed.clear();
    return changes;
  }
}

export function keyOf(jid: string): string {
  return hash('sha256', jid, 'hex').slice(0, 32);
}
