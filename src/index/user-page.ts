/**
 * The users of one page, or some by themselves, as they are stored: one behind the other, numbers with the lowest byte first.
 *
 *     flags (1 byte), length of the name (2), then 4 bytes for each instant that the flags name: login, logout, ahead; the name
 *
 * There is no string in it, and none is made when it is read: an index has a million users.
 */
import type { LastSeen } from '../activity/user-table.ts';

const DISABLED = 1;
const RESUMES = 2;
const LOGIN = 4;
const LOGOUT = 8;
const AHEAD = 16;
/** Of a node of a cluster: still to be sent; sent last as one who is online. */
const UNSENT = 32;
const SENT_OPEN = 64;
/** Flags, length, three instants, and the longest name. */
const LONGEST = 3 + 3 * 4 + 2047;

/** The page that is being made. It grows, and is used again. */
let bytes = Buffer.alloc(65_536);

/** `arena` has the names. */
export interface StoredNames {
  readonly arena: Uint8Array;
  placeOf(user: number): readonly [from: number, to: number];
}

/** These users, undefined where none of them is known; `record` is undefined for one who is not. */
export function encodePage(
  users: readonly number[],
  names: StoredNames,
  record: (user: number) => LastSeen | undefined,
): Buffer | undefined {
  let end = 0;
  for (const user of users) {
    const known = record(user);
    if (!known) continue;
    if (end + LONGEST > bytes.length) bytes = Buffer.concat([bytes, bytes]);
    end = encodeUser(known, names.arena, names.placeOf(user), end);
  }
  return end === 0 ? undefined : Buffer.from(bytes.subarray(0, end));
}

function encodeUser(
  { login, logout, disabled, resumes, ahead, unsent, sentOpen }: LastSeen,
  arena: Uint8Array,
  [from, to]: readonly [number, number],
  start: number,
): number {
  let flags = (disabled ? DISABLED : 0) | (resumes ? RESUMES : 0) | (unsent ? UNSENT : 0) | (sentOpen ? SENT_OPEN : 0);
  let at = start + 3;
  if (login !== undefined) [flags, at] = [flags | LOGIN, bytes.writeUInt32LE(login, at)];
  if (logout !== undefined) [flags, at] = [flags | LOGOUT, bytes.writeUInt32LE(logout, at)];
  if (ahead !== undefined) [flags, at] = [flags | AHEAD, bytes.writeUInt32LE(ahead, at)];
  bytes[start] = flags;
  bytes.writeUInt16LE(to - from, start + 1);
  // Most are so short that a call takes longer.
  for (let i = from; i < to; i++, at++) bytes[at] = arena[i]!;
  return at;
}

/** Of a user in a page: where all of it begins and ends, and where the name does, which is the last of it. */
export type EachUser = (from: number, to: number, name: number) => void;

/** Calls `take` with where each user of a page is in it. @throws {RangeError} when it is not one */
export function eachUser(page: Buffer, take: EachUser): void {
  for (let from = 0; from < page.length;) {
    const flags = page[from]!;
    const instants = Number((flags & LOGIN) > 0) + Number((flags & LOGOUT) > 0) + Number((flags & AHEAD) > 0);
    const name = from + 3 + 4 * instants;
    const to = name + page.readUInt16LE(from + 1);
    if (to > page.length) throw new RangeError('a name is longer than its page');
    take(from, to, name);
    from = to;
  }
}

/** Calls `take` with each user of a page, and where the name is in it. @throws {RangeError} when it is not one */
export function decodePage(page: Buffer, take: (record: LastSeen, from: number, to: number) => void): void {
  eachUser(page, (from, to, name) => {
    const flags = page[from]!;
    const record: LastSeen = {};
    let at = from + 3;
    if (flags & LOGIN) [record.login, at] = [page.readUInt32LE(at), at + 4];
    if (flags & LOGOUT) [record.logout, at] = [page.readUInt32LE(at), at + 4];
    if (flags & AHEAD) record.ahead = page.readUInt32LE(at);
    if (flags & DISABLED) record.disabled = true;
    if (flags & RESUMES) record.resumes = true;
    if (flags & UNSENT) record.unsent = true;
    if (flags & SENT_OPEN) record.sentOpen = true;
    take(record, name, to);
  });
}
