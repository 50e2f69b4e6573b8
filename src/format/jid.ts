/** JIDs as servers print them. */
import { ownText } from './own-text.ts';

/** RFC 7622, 3.1: each part of a JID, in bytes. */
const LONGEST_PART = 1023;
const ASCII = /^[\x21-\x7e]*$/;
const ONE_BYTE = /^[\0-\x7f]*$/;
/** Of ASCII, with nothing in it that is unfit, as nearly all are. */
const PLAIN = /^[!#-%'-;=?A-~]+@[!#-%'-;=?A-~]+$/;
/** U+FFFD stands for bytes that were no UTF-8. */
const UNFIT = /[\s"&<>@\p{Cc}\ufffd]/u;
/** Nodeprep and nameprep map these to nothing: RFC 3454, B.1. */
const INVISIBLE = /[\u{ad}\u{1806}\u{200b}-\u{200d}\u{2060}\u{feff}]|\u{34f}|[\u{180b}-\u{180d}]|[\u{fe00}-\u{fe0f}]/gu;
/** Folded otherwise than by upper and lower case. */
const FOLDED: Readonly<Record<string, string>> = { ς: 'σ', '\u0345': 'ι' };
/** A folded character may be decomposed into ones that are not folded yet; never more than once. */
const ROUNDS = 3;

/**
 * The bare JID, case-folded, of a JID with or without resource: one user however the case was typed. Undefined when it has
 * no localpart or no host, or holds what neither may. `latin1` has one character per byte, of UTF-8.
 */
export function bareJid(latin1: string): string | undefined {
  const slash = latin1.indexOf('/');
  const bare = slash < 0 ? latin1 : latin1.slice(0, slash);
  const at = bare.indexOf('@');
  if (at < 1 || at > LONGEST_PART || bare.length - at - 1 > LONGEST_PART) return undefined;
  if (PLAIN.test(bare)) return ownText(bare.toLowerCase());
  const folded = ASCII.test(bare) ? ownText(bare.toLowerCase()) : foldAddress(utf8(bare));
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
  return ONE_BYTE.test(latin1) ? ownText(latin1) : Buffer.from(latin1, 'latin1').toString('utf8');
}

/**
 * A host or a bare JID in the form in which servers print it and by which it is known here, whoever wrote it: compatibility
 * forms and case folded (RFC 3454, B.2), nothing that cannot be seen. Nodeprep and nameprep do the same.
 */
export function foldAddress(text: string): string {
  let folded = text.replace(INVISIBLE, '').normalize('NFKC');
  for (let round = 0, before = ''; folded !== before && round < ROUNDS; round++)
    [before, folded] = [folded, folded.replace(/./gsu, foldCharacter).normalize('NFKC')];
  return folded;
}

/** Folding is lower case, except that what is one character in lower case only is written out: `ß` is `ss`. */
function foldCharacter(character: string): string {
  const upper = character.toUpperCase();
  return FOLDED[character] ?? (upper.length > character.length ? upper : character).toLowerCase();
}
