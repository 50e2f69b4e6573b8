/**
 * Accounts that were removed, and when: older logs that are read later must not bring them back. Whose account is gone has a
 * right to be forgotten by name, too, so only a hash of the name is kept; and as names are easily tried one after another, it
 * is a hash with a key.
 */
import { createHmac } from 'node:crypto';

export class Removals {
  /** Of the name's hash: unix seconds. */
  readonly #removed = new Map<string, number>();
  readonly #changed = new Set<string>();
  #secret = '';
  /** The latest removal: of what comes later no hash is needed. */
  #newest = -Infinity;

  /** The key of the hashes; to be set before anything is put back or noted. */
  set secret(secret: string) {
    this.#secret = secret;
  }

  /** Puts back what `takeChanges` gave an earlier run. */
  restore(key: string, at: number): void {
    this.#set(key, at);
  }

  note(jid: string, at: number): void {
    const key = removalKey(this.#secret, jid);
    if (at <= (this.#removed.get(key) ?? -Infinity)) return;
    this.#set(key, at);
    this.#changed.add(key);
  }

  /** Whether a sighting at `at` is of an account that is gone by now. */
  isGone(jid: string, at: number): boolean {
    return at < (this.#removed.get(removalKey(this.#secret, jid)) ?? -Infinity);
  }

  /** The latest removal, unix seconds. */
  get newest(): number {
    return this.#newest;
  }

  /** Whether any account was removed after `at`. */
  isAnyAfter(at: number): boolean {
    return at < this.#newest;
  }

  forgetBefore(second: number): void {
    for (const [key, at] of this.#removed) {
      if (at >= second) continue;
      this.#removed.delete(key);
      this.#changed.add(key);
    }
  }

  /** Of all that are remembered: when, unix seconds, as `restore` takes them. */
  get all(): ReadonlyMap<string, number> {
    return this.#removed;
  }

  /** What changed since the last call, to be stored; undefined for what is over. */
  takeChanges(): Map<string, number | undefined> {
    const changes = new Map([...this.#changed].map((key) => [key, this.#removed.get(key)] as const));
    this.#changed.clear();
    return changes;
  }

  #set(key: string, at: number): void {
    this.#removed.set(key, at);
    this.#newest = Math.max(this.#newest, at);
  }
}

/** Under which a removal is stored. */
export function removalKey(secret: string, jid: string): string {
  return createHmac('sha256', secret).update(jid).digest('hex').slice(0, 32);
}
