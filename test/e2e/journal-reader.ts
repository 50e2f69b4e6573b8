/**
 * Follows a log in the journal as the daemon does: what each block says, and the position behind it, are one line of the file of its
 * argument, from whose last one it goes on. It says what it has noted, and what it is told.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { JournalFollower } from '../../src/source/journal.ts';
import { journalOf } from '../../src/source/journal-name.ts';
import type { JournalPosition } from '../../src/source/source.ts';

export interface Noted {
  readonly messages: readonly string[];
  readonly position: JournalPosition;
}

export function notedIn(text: string): Noted[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Noted);
}

/** What is not printable comes as bytes. */
function messageIn(entry: string): string {
  const { MESSAGE: message } = JSON.parse(entry) as { MESSAGE: string | number[] };
  return typeof message === 'string' ? message : Buffer.from(message).toString();
}

const [path = '', file = ''] = process.argv.slice(2);
if (path !== '') {
  const position = existsSync(file) ? notedIn(readFileSync(file, 'utf8')).at(-1)?.position : undefined;
  const follower = new JournalFollower({
    ...{ path, entries: journalOf(path) ?? path, position, follow: true },
    notice: ({ text }) => console.log(text),
  });
  for await (const block of follower.blocks(new AbortController().signal)) {
    const messages = block.bytes.toString().split('\n').slice(0, -1).map(messageIn);
    appendFileSync(file, `${JSON.stringify({ messages, position: block.position })}\n`);
    for (const message of messages) console.log(message);
  }
}
