/** What the texts behind flags mean; a wrong one is told by the command line, with the flag's name. */
import { Argument, InvalidArgumentError } from 'commander';
import { parseInstant, parseSpan } from './times.ts';
import { bareJid } from '../format/jid.ts';

/** Of a flag that may be given again. */
export function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

/** Unix seconds. */
export function instant(text: string): number {
  const at = parseInstant(text);
  if (at === undefined)
    throw new InvalidArgumentError('It must be unix seconds or ISO 8601, as in 2026-03-02T01:00:00Z.');
  return at;
}

/** An instant whose zone, if it names none, is known only when the configuration has been read. */
export type InstantIn = (timezone: string) => number;

export function instantIn(text: string): InstantIn {
  const known = instant(text);
  return (timezone) => parseInstant(text, timezone) ?? known;
}

/** Seconds. */
export function step(text: string): number {
  const seconds = parseSpan(text);
  if (seconds === undefined || seconds < 60)
    throw new InvalidArgumentError('It must be a span of at least a minute, as in 1h or 1d.');
  return seconds;
}

/** Seconds. */
export function span(text: string): number {
  const seconds = parseSpan(text);
  if (seconds === undefined) throw new InvalidArgumentError('It must be a span, as in 12h or 7d.');
  return seconds;
}

export function carbon(text: string): { host: string; port: number } {
  const [, bracketed, plain, digits = '2003'] = /^(?:\[([^\]]+)\]|([^:\s]+))(?::(\d+))?$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host === undefined || port < 1 || port > 65_535)
    throw new InvalidArgumentError('It must be HOST or HOST:PORT, as in graphite.example:2003.');
  return { host, port };
}

export function jid(): Argument {
  return new Argument('<jid>', 'the user, as in alice@chat.example; a resource is ignored').argParser((text) => {
    const user = bareJid(Buffer.from(text).toString('latin1'));
    if (user === undefined) throw new InvalidArgumentError('It must be a JID, as in alice@chat.example.');
    return user;
  });
}
