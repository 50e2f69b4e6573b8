/**
 * A cursor says which entry of a journal it is: `s=...;i=165;b=...;m=9f71f186f;t=6612c87db3d28;x=...`, hexadecimal; `i` is its
 * number in the sequence `s`, `b` the boot, `m` and `t` its times in microseconds, `x` a hash of its fields (systemd's
 * sd-journal.c). An entry that journald moves from /run to /var is in another sequence there.
 */
export type Cursor = Readonly<Partial<Record<string, string>>>;

const KEY = '"__CURSOR"';
const LONGEST = 400;

/** The cursor of the last entry in lines of JSON. In a string each quote has a backslash before it, so no text looks like the key. */
export function cursorIn(lines: Buffer): string | undefined {
  const at = lines.lastIndexOf(KEY);
  if (at < 0) return undefined;
  const text = lines.toString('latin1', at + KEY.length, at + KEY.length + LONGEST);
  return /^ ?: ?"([^"]+)"/.exec(text)?.[1];
}

export function parseCursor(cursor: string): Cursor {
  return Object.fromEntries(cursor.split(';').map((part) => [part.slice(0, 1), part.slice(2)]));
}

/** Whether it is the same entry, wherever it is kept. */
export function isSameEntry(a: Cursor, b: Cursor): boolean {
  return ['b', 'm', 't', 'x'].every((part) => a[part] === b[part]);
}

/** Whether one who has read `reached` has read `entry`. */
export function hasReached(reached: Cursor, entry: Cursor): boolean {
  const number = (of: Cursor, part: string): number => Number.parseInt(of[part] ?? '', 16);
  const by = reached['s'] === entry['s'] ? 'i' : 't';
  return isSameEntry(reached, entry) || number(reached, by) >= number(entry, by);
}

/** The instant of an entry, unix seconds. */
export function timeOfCursor(cursor: Cursor): number {
  return Number.parseInt(cursor['t'] ?? '', 16) / 1e6;
}
