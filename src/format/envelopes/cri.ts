/**
 * The log of a container under Kubernetes (containerd, CRI-O): `P` marks a piece of a line, `F` its end.
 *
 *     2026-11-23T19:53:21.434500123Z stdout F BODY
 */
import { PIECE, WHOLE, type Envelope } from './envelope.ts';
import { openText, UP_TO_NINE } from './text-head.ts';

const HEAD =
  /^(?<before>)(?<stamp>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?<fraction>\.\d{1,9})?(?<zone>Z|[+-]\d\d:\d\d)(?<behind> (?<stream>stdout|stderr) (?<part>[FP])(?::\S{1,64})?(?: |$))/;

export const cri: Envelope = {
  name: "Kubernetes' container log",
  begins: HEAD,
  usual: 'head and text',
  open: () =>
    openText({
      pattern: HEAD,
      fraction: UP_TO_NINE,
      kindOf: ({ part }) => (part === 'P' ? PIECE : WHOLE),
    }),
};
