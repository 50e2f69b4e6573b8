/** Logs of a Prosody that never was, as large as wanted: logins and logouts of so many users over so many days. */
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';

export interface Synthetic {
  readonly users: number;
  readonly days: number;
  readonly loginsPerDay: number;
  /** Lines that are no event, per login: connections of other servers and the like. */
  readonly noise: number;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (n: number): string => String(n).padStart(2, '0');

function stamp(at: number): string {
  const d = new Date(at * 1000);
  const time = `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())}`;
  return `${MONTHS[d.getUTCMonth()]} ${two(d.getUTCDate())} ${time}`;
}

/** Writes a log that ends at `end`, unix seconds; resolves with its lines. */
export async function writeSynthetic(
  path: string,
  end: number,
  { users, days, loginsPerDay, noise }: Synthetic,
): Promise<number> {
  const out = createWriteStream(path);
  const logins = days * loginsPerDay;
  const start = end - days * 86_400;
  let lines = 0;
  let random = 12_345;
  for (let i = 0; i < logins;) {
    const part: string[] = [];
    for (const until = Math.min(logins, i + 2000); i < until; i++) {
      random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
      const at = stamp(start + Math.floor((i * days * 86_400) / logins));
      const id = `c2s${(0x5_5000 + (i % 5000) * 16).toString(16)}f0`;
      part.push(
        `${at} ${id}\tinfo\tClient connected\n`,
        `${at} ${id}\tinfo\tAuthenticated as user${random % users}@chat.example\n`,
      );
      for (let n = 0; n < noise; n++)
        part.push(`${at} s2sin${id}\tinfo\tIncoming s2s connection remote${n}.example->chat.example complete\n`);
      part.push(`${at} ${id}\tinfo\tClient disconnected: connection closed\n`);
    }
    lines += part.length;
    if (!out.write(part.join(''))) await once(out, 'drain');
  }
  out.end();
  await once(out, 'close');
  return lines;
}
