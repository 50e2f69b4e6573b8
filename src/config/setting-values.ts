/** How the values of the configuration are read: what is a text, a number, a path, a list, and what is none. */
import { foldAddress } from '../format/jid.ts';
import { journalName, journalOf } from '../source/journal-name.ts';

/** One key: `read` gives the value as the program uses it, or undefined when it is not what it `must` be. */
export interface Setting<T> {
  readonly key: string;
  /** Completes "KEY must be ...". */
  readonly must: string;
  readonly read: (raw: unknown) => T | undefined;
  /** A value that is refused is not shown. */
  readonly isSecret?: boolean;
  /** Text of a flag or of the environment, as TOML would have given it. */
  readonly fromText: (text: string) => unknown;
}

/** One that has a place in the file; man page and example configuration are made of these words. */
export interface FileSetting<T> extends Setting<T> {
  /** What it is for, in one sentence without its full stop, with its unit. Where the default is not what `toml` shows, it says "by default". */
  readonly what: string;
  /** The default as it is written behind the key; where there is none, an example. */
  readonly toml: string;
}

export function listFromText(value: string): string[] {
  return value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

export function text(key: string, accepts: (value: string) => boolean): Omit<Setting<string>, 'must'> {
  return { key, read: (raw) => (typeof raw === 'string' && accepts(raw) ? raw : undefined), fromText: same };
}

export function flag(key: string): Setting<boolean> {
  return {
    key,
    must: 'true or false',
    read: (raw) => (typeof raw === 'boolean' ? raw : undefined),
    fromText: (value) => (value === 'true' ? true : value === 'false' ? false : value),
  };
}

export function integer(key: string, least: number, most: number): Setting<number> {
  return {
    key,
    must: `a whole number from ${least} to ${most}`,
    read: (raw) => (Number.isInteger(raw) && Number(raw) >= least && Number(raw) <= most ? Number(raw) : undefined),
    fromText: (value) => (/^[+-]?\d+$/.test(value) ? Number(value) : value),
  };
}

export function same(value: string): string {
  return value;
}

export function isPath(value: string): boolean {
  return value !== '' && !value.includes('\0');
}

export function isLog(value: string): boolean {
  const entries = journalOf(value);
  return isPath(value) && (entries === undefined || journalName(entries) !== undefined);
}

export function isTimezone(value: string): boolean {
  if (value === 'UTC') return true;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

function isAddress(value: string): boolean {
  return /^(?:[^\s"&'/:<>@\p{Cc}]+@)?(?:[\p{L}\p{M}\p{N}\p{Cf}_*-]+(?:\.[\p{L}\p{M}\p{N}\p{Cf}_*-]+)*|\[[\da-fA-F:.]+\])$/u.test(
    value,
  );
}

export function readExclude(raw: unknown): readonly string[] | undefined {
  if (!Array.isArray(raw)) return undefined;
  const addresses = raw.filter((entry) => typeof entry === 'string').filter(isAddress);
  return addresses.length === raw.length ? addresses.map(foldAddress) : undefined;
}

export function readTags(raw: unknown): Readonly<Record<string, string>> | undefined {
  // A date of TOML is an object without entries.
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw) || raw instanceof Date) return undefined;
  const plain = Object.values(raw).every((value) => ['string', 'number', 'boolean'].includes(typeof value));
  if (!plain) return undefined;
  const pairs = Object.entries(raw).map(([name, value]) => [name, String(value)] as const);
  const fit = pairs.every((pair) => pair.every((part) => part !== '' && !/[|,:#=\p{Cc}]/u.test(part)));
  return fit ? Object.fromEntries(pairs) : undefined;
}

export function tagsFromText(value: string): unknown {
  const pairs = listFromText(value).map((part) => part.split('='));
  return pairs.every((pair) => pair.length === 2) ? Object.fromEntries(pairs) : value;
}
