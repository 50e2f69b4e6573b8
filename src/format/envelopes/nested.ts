/**
 * Lines that a server writes as JSON, and that were wrapped on their way:
 *
 *     2026-11-23T19:58:49.5Z stdout F {"datetime":"2026-11-23T19:58:49Z","source":"c2s5645ead47be0",...}
 */
import { FOREIGN, PIECE, WHOLE, type Envelope, type Opener } from './envelope.ts';

/** `outer`: what is around the lines that are of `inner`. A line in pieces is none. */
export const nested = (outer: Envelope, inner: Envelope): Envelope => ({
  name: `${inner.name} in ${outer.name}`,
  begins: outer.begins,
  open(state): Opener {
    const [around, within] = [outer.open(state), inner.open()];
    return {
      get state() {
        return around.state;
      },
      open(bytes, from, end, cut) {
        const kind = around.open(bytes, from, end, cut);
        if (kind !== WHOLE) return kind === PIECE ? FOREIGN : kind;
        const { program } = cut;
        const found = within.open(cut.text, cut.from, cut.to, cut);
        cut.program = program;
        return found;
      },
    };
  },
});
