/** A `journalctl` for tests: a program on PATH that answers from a file of entries as the real one does from the journal. */
import { appendFileSync, chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** Entries are looked for by `b` and `m` of the cursor, or else by its time, as sd_journal_seek_cursor does. */
const PROGRAM = `#!${process.execPath}
const { appendFileSync, existsSync, readFileSync, statSync, writeSync } = require('node:fs');
const file = (name) => require('node:path').join(__dirname, name);
appendFileSync(file('calls'), process.pid + ' ' + process.argv.slice(2).join(' ') + '\\n');
const given = (name) => process.argv.find((word) => word.startsWith(name + '='))?.slice(name.length + 1);
const fail = (text) => { writeSync(2, text + '\\n'); process.exit(1); };
if (existsSync(file('refusal'))) fail(readFileSync(file('refusal'), 'utf8'));
const entries = () => readFileSync(file('entries'), 'utf8').split('\\n').slice(0, -1);
const timeOf = (line) => BigInt(JSON.parse(line).__REALTIME_TIMESTAMP);
const placeOf = (cursor) => cursor.replace(/^s=[^;]*;i=[^;]*;/, '').replace(/;x=.*/, '');
const cursor = given('--cursor');
if (cursor !== undefined && !/;t=/.test(cursor)) fail('Failed to seek to cursor: Invalid argument');
const isFirst = (line) => {
  if (given('--since') !== undefined) return timeOf(line) >= BigInt(given('--since').slice(1)) * 1000000n;
  if (cursor === undefined) return true;
  return timeOf(line) >= BigInt('0x' + /;t=([^;]*)/.exec(cursor)[1]);
};
let all = entries();
const lines = given('--lines');
const found = all.findIndex(isFirst);
let next = lines !== undefined ? Math.max(0, all.length - Number(lines)) : found < 0 ? all.length : found;
const put = () => { for (; next < all.length; next++) process.stdout.write(all[next] + '\\n'); };
put();
const size = () => statSync(file('entries')).size;
let known = 0;
const look = () => { if (size() === known) return; known = size(); all = entries(); put(); };
if (process.argv.includes('--follow')) setInterval(look, 10);
`;

export interface FakeJournal {
  /** Adds entries, one of a second each, or of the microseconds given. */
  write(messages: readonly string[], at?: number): void;
  /** Deletes the oldest entries but for so many; they stay where they are for those who read already. */
  keep(count: number): void;
  /** What is read is in another sequence from now on. */
  move(): void;
  /** From now on it only says that, or works again. */
  refuse(text: string | undefined): void;
  /** Processes and their arguments, in order. */
  calls(): readonly { readonly pid: number; readonly how: string }[];
}

/** Microseconds. */
export const FIRST = 1_795_000_000_000_000;

/** On PATH until the test is over. */
export function fakeJournal(t: TestContext): FakeJournal {
  const directory = mkdtempSync(join(tmpdir(), 'journalctl-'));
  const file = (name: string): string => join(directory, name);
  const path = process.env['PATH'];
  process.env['PATH'] = `${directory}:${path}`;
  t.after(() => {
    process.env['PATH'] = path;
    rmSync(directory, { recursive: true, force: true });
  });
  writeFileSync(file('journalctl'), PROGRAM);
  chmodSync(file('journalctl'), 0o755);
  writeFileSync(file('entries'), '');
  let count = 0;
  return {
    write(messages, at) {
      const lines = messages.map((message) => entry(message, ++count, at ?? FIRST + count * 1e6));
      appendFileSync(file('entries'), lines.map((line) => `${line}\n`).join(''));
    },
    keep(last) {
      const lines = readFileSync(file('entries'), 'utf8').split('\n').slice(0, -1);
      writeFileSync(
        file('entries'),
        lines
          .slice(lines.length - last)
          .map((line) => `${line}\n`)
          .join(''),
      );
    },
    move() {
      const moved = readFileSync(file('entries'), 'utf8').replaceAll(/"s=[^;]*;i=/g, '"s=beef;i=f');
      writeFileSync(file('entries'), moved);
    },
    refuse(text) {
      if (text === undefined) rmSync(file('refusal'));
      else writeFileSync(file('refusal'), text);
    },
    calls: () =>
      readFileSync(file('calls'), 'utf8')
        .split('\n')
        .slice(0, -1)
        .map((line) => ({ pid: Number.parseInt(line, 10), how: line.slice(line.indexOf(' ') + 1) })),
  };
}

function entry(message: string, number: number, at: number): string {
  const hex = (n: number): string => n.toString(16);
  return JSON.stringify({
    MESSAGE: message,
    __CURSOR: `s=abcd;i=${hex(number)};b=b007;m=${hex(at - FIRST + number)};t=${hex(at)};x=${hex(number * 7919)}`,
    SYSLOG_IDENTIFIER: 'prosody',
    __REALTIME_TIMESTAMP: String(at),
    PRIORITY: '6',
  });
}
