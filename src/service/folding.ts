/**
 * Of a node of a cluster: the index is read without ever having many users in memory. Users by themselves would all be there, and
 * an index of one machine, as each node's is before its first start, may have nearly all of them so. Where they are many they are
 * put into their pages on the disk first, of one part of the pages after the other; whoever is still on a page that was split
 * goes to the other one on that occasion. Broken off in between, the next start goes on with the part that was not written whole.
 */
import type { LastSeen } from '../activity/user-table.ts';
import { UserPile } from '../index/user-pile.ts';
import type { Contents, LastSeenIndex, UserSink } from '../index/last-seen.ts';
import { eachUser, type EachUser } from '../index/user-page.ts';

/** Bytes of users by themselves: more are put into pages first; they would take twice as much in memory. */
const FEW = 1024 * 1024;
/** So many at a time, about: all of them are gone through for each part. */
const AT_ONCE = 24 * FEW;
/** There are as many pages at least: a page is in the part of the one that it was split from. */
const MOST_PARTS = 64;
/** In one batch. */
const PAGES_AT_ONCE = 256;

/** Where users belong, once the index has told how many pages there are. */
export interface Pages {
  readonly count: () => number;
  readonly pageOf: (bytes: Buffer, from: number, to: number) => number;
}

interface Recent {
  readonly bytes: number;
  readonly numbers: readonly number[];
}

/** As `LastSeenIndex.load`. @throws {IndexError} */
export async function loadFew(index: LastSeenIndex, users: UserSink, pages: Pages): Promise<Contents> {
  const recent = await recentIn(index);
  if (recent.bytes <= FEW) return index.load(users);
  const unmoved: [jid: string, LastSeen][] = [];
  const contents = await index.load({
    begin: (count, seed) => users.begin(count, seed),
    recent: () => {},
    page: () => {},
    user: (jid, record) => unmoved.push([jid, record]),
  });
  await fold(index, recent, pages);
  for await (const [page, bytes] of index.eachOf('pages')) users.page(page, bytes);
  for (const [jid, record] of unmoved) users.user(jid, record);
  return contents;
}

async function recentIn(index: LastSeenIndex): Promise<Recent> {
  let bytes = 0;
  const numbers: number[] = [];
  for await (const [number, { length }] of index.eachOf('recent')) {
    bytes += length;
    numbers.push(number);
  }
  return { bytes, numbers };
}

async function fold(index: LastSeenIndex, { bytes, numbers }: Recent, pages: Pages): Promise<void> {
  // Two at least: few go the way of many.
  const parts = Math.min(MOST_PARTS, 2 ** Math.ceil(Math.log2(Math.max(2, bytes / AT_ONCE))));
  const [begun, written] = index.folded ?? [0, Infinity];
  for (let part = begun; part < parts; part++)
    await foldPart(index, { part, parts, end: part === begun ? written : Infinity }, pages);
  await index.write({ recent: numbers.map((number) => [number, undefined]), pageCount: pages.count() });
}

interface Part {
  readonly part: number;
  /** How many there are: a power of two. */
  readonly parts: number;
  /** Its pages from this one on are written. */
  readonly end: number;
}

async function foldPart(index: LastSeenIndex, { part, parts, end }: Part, { count, pageOf }: Pages): Promise<void> {
  const [later, earlier] = [new UserPile(), new UserPile()];
  const changed = new Set<number>();
  for await (const [, bytes] of index.eachOf('recent'))
    eachUser(bytes, (from, to, name) => {
      const page = pageOf(bytes, name, to);
      if (page % parts !== part || page >= end) return;
      later.add(page, bytes, from, to);
      changed.add(page);
    });
  for (let page = lastOf(part, parts, Math.min(count(), end)); page >= 0; page -= parts) {
    const bytes = index.page(page);
    if (!bytes) continue;
    eachUser(bytes, (from, to, name) => {
      const own = pageOf(bytes, name, to);
      if (own === page) return;
      changed.add(page);
      if (own >= end) return;
      earlier.add(own, bytes, from, to);
      changed.add(own);
    });
  }
  const merged = (page: number): Buffer | undefined => {
    const onDisk = index.page(page);
    const all = [...later.of(page), ...(onDisk ? [onDisk] : []), ...earlier.of(page)];
    return firstOfEach(all, (bytes, from, to) => pageOf(bytes, from, to) === page);
  };
  // As everywhere a page comes before the one that it was split from (activity/user-pages.ts).
  const sorted = [...changed].toSorted((a, b) => b - a);
  for (let first = 0; first < sorted.length; first += PAGES_AT_ONCE) {
    const numbers = sorted.slice(first, first + PAGES_AT_ONCE);
    const some = numbers.map((page) => [page, merged(page)] as const);
    await index.write({ pages: some, pageCount: count(), folded: [part, numbers.at(-1) ?? 0] });
  }
}

/** The last of so many pages that is in a part; below 0 where none is. */
const lastOf = (part: number, parts: number, count: number): number =>
  part + parts * Math.floor((count - 1 - part) / parts);

/** Of users in the order in which they count, those who belong here, each once; undefined where there is none. */
function firstOfEach(
  all: readonly Buffer[],
  belongs: (bytes: Buffer, from: number, to: number) => boolean,
): Buffer | undefined {
  const names = new Set<string>();
  const users: Buffer[] = [];
  for (const bytes of all) {
    const take: EachUser = (from, to, name) => {
      const text = bytes.toString('latin1', name, to);
      if (names.has(text) || !belongs(bytes, name, to)) return;
      names.add(text);
      users.push(bytes.subarray(from, to));
    };
    eachUser(bytes, take);
  }
  return users.length > 0 ? Buffer.concat(users) : undefined;
}
