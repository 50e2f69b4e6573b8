/** JIDs as servers print them. */
import { ownText } from './own-text.ts';

/** RFC 7622, 3.1: each part of a JID, in bytes. */
const LONGEST_PART = 1023;
const ASCII = /^[\x21-\x7e]*$/;
/** U+FFFD stands for bytes that were no UTF-8. */
const UNFIT = /[\s"&<>@\p{Cc}\ufffd]/u;
/** Nodeprep and nameprep map these to nothing (RFC 3454, B.1). */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;

/**
 * The bare JID, case-folded, of a JID with or without resource: one user however the case was typed. Undefined when it has
 * no localpart or no host, or holds what neither may. `latin1` has one character per byte, of UTF-8.
 */
export function bareJid(latin1: string): string | undefined {
  const slash = latin1.indexOf('/');
  const bare = slash < 0 ? latin1 : latin1.slice(0, slash);
  const at = bare.indexOf('@');
  if (at < 1 || at > LONGEST_PART || bare.length - at - 1 > LONGEST_PART) return undefined;
  const folded = ASCII.test(bare) ? ownText(bare.toLowerCase()) : foldUtf8(bare);
  const host = folded.indexOf('@') + 1;
  const fits = host > 1 && host < folded.length && !UNFIT.test(folded.slice(0, host - 1));
  return fits && !UNFIT.test(folded.slice(host)) ? folded : undefined;
}

/** The part of a full JID behind the first `/`, as UTF-8; empty when there is none. */
export function resourceOf(latin1: string): string {
  const slash = latin1.indexOf('/');
  return slash < 0 ? '' : utf8(latin1.slice(slash + 1));
}

function utf8(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8');
}

/** As nodeprep and nameprep do: compatibility forms, case folded, nothing that cannot be seen. */
function foldUtf8(latin1: string): string {
  const text = utf8(latin1).replace(INVISIBLE, '').normalize('NFKC');
  return text.replace(/./gsu, foldCharacter).normalize('NFKC');
}

/** Folding is lower case, except that `ß` is `ss` and both small sigmas are one. */
function foldCharacter(character: string): string {
  if (character === 'ς') return 'σ';
  const upper = character.toUpperCase();
  return (upper.length > character.length ? upper : character).toLowerCase();
}
