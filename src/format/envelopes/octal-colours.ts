/**
 * Colours as syslog shows them. rsyslog writes a control character as three octal digits behind a `#`, so that of a console that is
 * coloured even into a pipe, as ejabberd's since 26.07, or of a file that is, as Openfire's, comes
 *
 *     2026-11-25 22:14:48.496649+00:00 #033[1;49;95m#033[1;49;92m[info] #033[0;49;95m#033[0mMESSAGE#033[0m
 *
 * Of these escapes only colours are read, in a line whose head has one, and behind such a line at the end of others: what looks so in
 * the name of a client of another server is part of it.
 */
import { FOREIGN, type Cut, type Envelope, type KnownHead } from './envelope.ts';

const ESCAPED = /#033(?=\[[\d;]{0,16}m)/g;
const AT_END = /#033(?=\[0?m$)/;
const COLOUR = /^#033\[[\d;]{0,16}m/;
/** Of a colour, bytes. */
const LONGEST = 24;
const ESC = '\x1b';
/** Bytes of a line in which its head ends: of a server's own stamp, the source and the level. */
const HEAD = 128;
const BLANK = 32;
const HASH = 35;
const M = 109;
const NONE: readonly KnownHead[] = [];

/** The envelope with the colours as they were written. */
export const withColours = (envelope: Envelope): Envelope => ({
  ...envelope,
  open(state) {
    const opener = envelope.open(state);
    // Then the last line of a message that has several ends with a colour, and begins with none.
    let isColoured = state?.['coloured'] === 1;
    let mayHaveColours = true;
    return {
      get state() {
        return isColoured ? { ...opener.state, coloured: 1 } : opener.state;
      },
      get heads() {
        return mayHaveColours ? NONE : (opener.heads ?? NONE);
      },
      begin(bytes) {
        mayHaveColours = bytes.includes('#033[');
      },
      open(bytes, from, end, cut) {
        const kind = opener.open(bytes, from, end, cut);
        if (!mayHaveColours || kind === FOREIGN) return kind;
        if (hasColouredHead(cut)) {
          isColoured = true;
          cut.text = Buffer.from(textOf(cut).replaceAll(ESCAPED, ESC), 'latin1');
        } else if (isColoured && cut.text[cut.to - 1] === M) {
          cut.text = Buffer.from(textOf(cut).replace(AT_END, ESC), 'latin1');
        } else return kind;
        cut.from = 0;
        cut.to = cut.text.length;
        return kind;
      },
    };
  },
});

const textOf = ({ text, from, to }: Cut): string => text.toString('latin1', from, to);

/** Whether the first `#` of the head is that of a colour, in front of a word. */
function hasColouredHead({ text, from, to }: Cut): boolean {
  const limit = Math.min(to, from + HEAD);
  for (let at = from; at < limit; at++)
    if (text[at] === HASH) {
      const isFirst = at === from || text[at - 1] === BLANK;
      return isFirst && COLOUR.test(text.toString('latin1', at, Math.min(to, at + LONGEST)));
    }
  return false;
}
