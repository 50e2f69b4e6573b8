/** Lines of MongooseIM's JSON as its log has them, as ../json-lines.ts has it. */
import { behindDigits, BLANK, byteAt } from '../../scanner/compiled/bytes';
import { BARE, NAMES, NAME_SIZE } from './addresses';
import { ABSENT, fieldFrom, fieldIs, fieldTo, lengthOf, PLAIN } from './fields';
import { copy } from './json';
import { isTime, TO_SECOND } from './plain';

const WHEN: usize = 0;
const LEVEL: usize = 1;
const WHAT: usize = 2;
const REASON: usize = 3;
const JID: usize = 4;
const VERSION: usize = 5;
const MFA: usize = 7;
const QUOTE: u32 = 34;
const COMMA: u32 = 44;
const DOT: u32 = 46;
const COLON: u32 = 58;
const EQUALS: u32 = 61;
const CURLY: u32 = 123;
const Z: u32 = 90;
/** ` at=` */
const AT: u32 = 0x3d74_6120;
const LONGEST_FRACTION: usize = 9;
const LONGEST_MODULE: usize = 64;
const ZONE: usize = 6;

/** Returns where the plain line ends, 0 for what only the definition can tell. */
export function writeMongooseIm(out: usize): usize {
  const from = fieldFrom(WHEN);
  const zone = zoneOf(from);
  const module = fieldFrom(MFA) + 1;
  const moduleEnd = fieldIs(MFA) == PLAIN ? behindModule(module) : 0;
  if (load<u32>(BARE) != 0 || zone == 0 || moduleEnd == 0) return 0;
  if (fieldIs(LEVEL) != PLAIN || fieldIs(WHAT) != PLAIN) return 0;
  let o = copy(zone, fieldTo(WHEN), copy(from, from + TO_SECOND, out));
  o = copy(
    fieldFrom(WHAT),
    fieldTo(WHAT),
    writeName(WHAT, copy(fieldFrom(LEVEL), fieldTo(LEVEL), writeName(LEVEL, o))),
  );
  store<u32>(o, AT);
  o = copy(module, moduleEnd, o + 4);
  store<u8>(o, COLON as u8);
  return writeQuoted(JID, writeQuoted(VERSION, writeQuoted(REASON, o + 1)));
}

/** Where the zone begins of the time at `at`; 0 where it is none. */
function zoneOf(at: usize): usize {
  if (fieldIs(WHEN) != PLAIN || lengthOf(WHEN) <= TO_SECOND || !isTime(at)) return 0;
  let zone = at + TO_SECOND;
  if (byteAt(zone) == DOT) {
    const digits = zone + 1;
    zone = behindDigits(digits);
    if (zone == digits || zone - digits > LONGEST_FRACTION) return 0;
  }
  const length = fieldTo(WHEN) - zone;
  if (length == 1) return byteAt(zone) == Z ? zone : 0;
  const isSigned = byteAt(zone) == 43 || byteAt(zone) == 45;
  const isZone = isSigned && behindDigits(zone + 1) == zone + 3 && byteAt(zone + 3) == COLON;
  return length == ZONE && isZone && behindDigits(zone + 4) == zone + ZONE ? zone : 0;
}

/** Where the name of the module ends that stands at `at`, in `{ejabberd_c2s,terminate,3}`; 0 where there is none. */
function behindModule(at: usize): usize {
  let end = at;
  while (byteAt(end) - 97 <= 25 || byteAt(end) == 95 || byteAt(end) - 48 <= 9) end++;
  const isModule = byteAt(at - 1) == CURLY && byteAt(end) == COMMA && end > at && end - at <= LONGEST_MODULE;
  return isModule ? end : 0;
}

/** ` what=` */
function writeName(field: usize, out: usize): usize {
  const name = NAMES + field * NAME_SIZE;
  store<u8>(out, BLANK as u8);
  const o = copy(name + 1, name + 1 + (byteAt(name) as usize), out + 1);
  store<u8>(o, EQUALS as u8);
  return o + 1;
}

/** ` jid="alice@chat.example/phone"`, or nothing. A text with escapes is the definition's; then it returns 0, as of 0. */
function writeQuoted(field: usize, out: usize): usize {
  const what = fieldIs(field);
  if (out == 0 || (what != PLAIN && what != ABSENT)) return 0;
  if (what == ABSENT || lengthOf(field) == 0) return out;
  const o = writeName(field, out);
  store<u8>(o, QUOTE as u8);
  const end = copy(fieldFrom(field), fieldTo(field), o + 1);
  store<u8>(end, QUOTE as u8);
  return end + 1;
}
