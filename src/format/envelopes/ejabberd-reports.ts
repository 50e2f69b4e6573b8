/**
 * ejabberd up to 2.1 (src/ejabberd_logger_h.erl, write_event): each entry has a line with the time and behind it one with who
 * printed it and the message, which may go on.
 *
 *     =INFO REPORT==== 2013-05-06 10:22:31 ===
 *     I(<0.1604.0>:ejabberd_c2s:802) : ({socket_state,gen_tcp,#Port<0.28474>,<0.1603.0>}) Opened session for alice@chat.example/phone
 */
import { CONTINUATION, FOREIGN, HELD, WHOLE, type Envelope, type Opener } from './envelope.ts';

const HEAD = /^=(INFO|WARNING|ERROR|CRITICAL|DEBUG) REPORT==== (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) ===\r?$/;
const LONGEST_HEAD = 64;
/** `I(<0.1604.0>:ejabberd_c2s:802) : `; an entry of Erlang's own has none. */
const WHO = /^[A-Z]\((<\d{1,10}\.\d{1,10}\.\d{1,10}>):([a-z0-9_]{1,64}):(\d{1,6})\) : /;
const LONGEST_WHO = 160;
const EQUALS = 61;

export const ejabberdReports: Envelope = {
  name: "ejabberd's entries of two lines (2.1)",
  begins: HEAD,
  open(state = {}): Opener {
    let level = String(state['level'] ?? '');
    let stamp = String(state['stamp'] ?? '');
    return {
      get state() {
        return stamp === '' ? undefined : { level, stamp };
      },
      open(bytes, from, end, cut) {
        const isShort = end - from < LONGEST_HEAD && bytes[from] === EQUALS;
        const head = isShort ? HEAD.exec(bytes.toString('latin1', from, end)) : null;
        if (head) {
          [, level = '', stamp = ''] = head;
          return HELD;
        }
        const who = WHO.exec(bytes.toString('latin1', from, Math.min(end, from + LONGEST_WHO)));
        cut.text = bytes;
        cut.from = from;
        cut.to = end;
        cut.program = '';
        // Only the line behind the head begins an entry.
        if (stamp === '' || !who) return end === from ? HELD : stamp === '' ? CONTINUATION : forget(FOREIGN);
        const [begin, process, module, line] = who;
        cut.stampLength = cut.stamp.write(stamp, 'latin1');
        const before = Buffer.from(`[${level.toLowerCase()}] ${process}@${module}:${line} `, 'latin1');
        cut.text = Buffer.concat([before, bytes.subarray(from + begin.length, end)]);
        cut.from = 0;
        cut.to = cut.text.length;
        return forget(WHOLE);
      },
    };

    function forget<T>(kind: T): T {
      stamp = '';
      return kind;
    }
  },
};
