/**
 * The values that were given, where each came from, and what is wrong with them.
 *
 * Problems are collected instead of thrown: whoever has three mistakes in a file wants to hear of three.
 */
import type { Setting } from './setting-values.ts';

export interface Value {
  readonly raw: unknown;
  /** From a flag or the environment, to be read by the setting's `fromText`. */
  readonly isText: boolean;
  /** Where it was given, as a person would say it: `/etc/x.toml line 3`, `environment X`, `flag --x`. */
  readonly origin: string;
}

export class ConfigLayers {
  readonly problems: string[] = [];
  readonly origin = new Map<string, string>();
  /** The weakest first: file, environment, flags. */
  readonly #sources: readonly ReadonlyMap<string, Value>[];

  constructor(sources: readonly ReadonlyMap<string, Value>[]) {
    this.#sources = sources;
  }

  /** The strongest value of a setting. Every value is checked, also one that a stronger one replaces. */
  take<T>(setting: Setting<T>, fallback: T): T {
    return this.#strongest(setting, setting.key) ?? this.#default(setting.key, fallback);
  }

  /** The same, undefined where nothing was given. */
  optional<T>(setting: Setting<T>): T | undefined {
    return this.#strongest(setting, setting.key);
  }

  /** Where a value came from, as a person would say it. */
  originOf(key: string): string {
    return this.origin.get(key) ?? 'default';
  }

  /** Which source gives a setting: greater is stronger, -1 is none. */
  strength({ key }: Pick<Setting<unknown>, 'key'>): number {
    return this.#sources.findLastIndex((source) => source.has(key));
  }

  #strongest<T>(setting: Setting<T>, key: string): T | undefined {
    let result: T | undefined;
    for (const source of this.#sources) {
      const value = source.get(key);
      if (value) result = this.read(setting, key, value) ?? result;
    }
    return result;
  }

  #default<T>(key: string, fallback: T): T {
    this.origin.set(key, 'default');
    return fallback;
  }

  /** One value under the name `key`; undefined, and a problem, when it cannot be accepted. */
  read<T>(setting: Setting<T>, key: string, value: Value): T | undefined {
    const raw = value.isText ? setting.fromText(String(value.raw)) : value.raw;
    const result = setting.read(raw);
    if (result === undefined)
      this.refuse(value, `${key} must be ${setting.must}${setting.isSecret ? '' : `, not ${shown(value.raw)}`}`);
    else this.origin.set(key, value.origin);
    return result;
  }

  refuse(value: Value, sentence: string): void {
    this.problems.push(`${value.origin}: ${sentence}`);
  }
}

export function shown(raw: unknown): string {
  const json = JSON.stringify(raw) ?? String(raw);
  return json.length > 80 ? `${json.slice(0, 77)}...` : json;
}
