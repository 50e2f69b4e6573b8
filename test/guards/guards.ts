/**
 * For each fault of the list in CONTRIBUTING: what guards against it, and the source without that guard, as a follower
 * that has the fault would be written. `run.ts` shows that the tests of the fault fail then, and only those.
 */

export interface Guard {
  /** As their tests name them. */
  readonly faults: readonly string[];
  /** What is taken away. */
  readonly guard: string;
  /** Below `test/`, without `.test.ts`. */
  readonly test: string;
  /**
   * What takes the place of a statement, by its label: the comment `// guard: LABEL` in the line above it. Several guards may
   * cut one statement.
   */
  readonly cut: Readonly<Record<string, string>>;
  /** Faults that the guard keeps off, too, though another one is theirs. */
  readonly also?: readonly string[];
}

const NOTHING = '';

export const GUARDS: readonly Guard[] = [
  {
    faults: ['F1'],
    guard: 'the content decides what a file is, not its inode',
    test: 'source/follow/faults-identity',
    also: ['F2'],
    cut: {
      F1: `const { text } = segment.reader;
    const found = { matches: await Promise.all(closed.filter(({ file }) => file && sameInode(file, segment.stat)).map(async (position) => ({ kind: 'same' as const, position, state: { start: position.start ?? 0, offset: position.offset, head: await text.read(position.start ?? 0, position.head.length), tail: await text.read(Math.max(0, position.offset - 64), position.marker.length), milestones: [], crc: undefined } }))) };`,
      F4: NOTHING,
    },
  },
  {
    faults: ['F2'],
    guard: 'places behind the head are compared too',
    test: 'source/follow/faults-identity',
    cut: { F2: `if (what === 'head' && digest(bytes) !== hash) candidate.kind = 'other';` },
  },
  {
    faults: ['F3'],
    guard: 'as many first bytes as were read tell a file, however few',
    test: 'source/follow/faults-identity',
    also: ['F1', 'F2', 'F3b'],
    cut: { F3: 'return this.isPlain ? (stats.size < 256 ? 0 : stats.size) : Infinity;' },
  },
  {
    faults: ['F3b'],
    guard: 'what tells a file does not depend on a setting',
    test: 'source/follow/faults-identity',
    also: ['F2', 'F3'],
    cut: { F3b: `{ candidate, what: 'head', at: start, length: FINGERPRINT_BYTES, hash: head.hash }` },
  },
  {
    faults: ['F4'],
    guard: 'the marker is read again with every read',
    test: 'source/follow/faults-truncation',
    also: ['F5'],
    cut: { F4: NOTHING },
  },
  {
    faults: ['F5'],
    guard: 'a copy is known, and read on from the place in the original',
    test: 'source/follow/faults-truncation',
    also: ['F6'],
    cut: {
      F5: NOTHING,
    },
  },
  {
    faults: ['F6'],
    guard: 'the marker, not the size, tells a truncation',
    test: 'source/follow/faults-truncation',
    cut: { F4: 'if (chunk.length < before) return TRUNCATED;' },
  },
  {
    faults: ['F7'],
    guard: 'NUL bytes at the head are passed over',
    test: 'source/follow/faults-truncation',
    cut: { F7: NOTHING },
  },
  {
    faults: ['F8'],
    guard: 'a rotated file is held until it has been quiet',
    test: 'source/follow/faults-rotation',
    also: ['F18', 'F32'],
    cut: { F8: 'return true;' },
  },
  {
    faults: ['F9'],
    guard: 'a sibling that nobody has seen and that is newer is read',
    test: 'source/follow/faults-rotation',
    also: ['F10', 'F16'],
    cut: {
      F9: NOTHING,
    },
  },
  {
    faults: ['F10'],
    guard: 'compressed siblings are compared by their text',
    test: 'source/follow/faults-rotation',
    cut: {
      F10: `const compressed = plain !== name;
  if (compressed) return undefined;`,
    },
  },
  {
    faults: ['F11', 'F35'],
    guard: 'what may not be opened is tried again',
    test: 'source/follow/faults-world',
    cut: {
      F11: `look(): void {
    if (this.trouble?.code === 'EACCES') return;
    try {
      this.pin();
      this.trouble = undefined;
    } catch (error) {
      this.trouble = error instanceof Error ? error : new Error(String(error));
      this.current = undefined;
    }
  }`,
    },
  },
  {
    faults: ['F12', 'F13'],
    guard: 'a line without its newline stays unread',
    test: 'source/follow/faults-lines',
    cut: { F12: 'const bytes = body;' },
  },
  {
    faults: ['F14'],
    guard: 'a missing file is waited for',
    test: 'source/follow/faults-world',
    also: ['F11', 'F35', 'F20', 'F26'],
    cut: {
      F14: `this.current = undefined;
throw error;`,
    },
  },
  {
    faults: ['F15'],
    guard: 'a new file is read from its beginning',
    test: 'source/follow/faults-rotation',
    also: ['F8', 'F9', 'F10', 'F16', 'F18', 'F32'],
    cut: {
      F15: 'this.setLive(held ?? new Segment(randomUUID(), pin, this.hasBegun ? { ...beginState(), start: pin.stat.size, offset: pin.stat.size } : beginState(), this.hasBegun));',
    },
  },
  {
    faults: ['F16'],
    guard: 'what a link leads to is looked up, also where it led before',
    test: 'source/follow/faults-rotation',
    cut: {
      F16: 'return [path];',
      'F16-moved': `this.hasSoughtMoved = true;
    if (Date.now() > 0) return found;`,
    },
  },
  {
    faults: ['F17'],
    guard: 'only names that rotation makes are siblings',
    test: 'source/follow/faults-rotation',
    also: ['F9', 'F16'],
    cut: { F17: `return { by: 'time', order: [0, 0], compressed };` },
  },
  {
    faults: ['F18'],
    guard: 'a rotated file is released when it has been quiet',
    test: 'source/follow/faults-rotation',
    also: ['F8', 'F10', 'F32'],
    cut: { F18: 'return ticks < 0;' },
  },
  {
    faults: ['F18'],
    guard: 'a watcher that was ended stays so',
    test: 'source/follow/watched-directory',
    cut: { 'F18-watcher': NOTHING },
  },
  {
    faults: ['F19', 'F30'],
    guard: 'the tick looks where no event comes',
    test: 'source/follow/faults-world',
    also: ['F11', 'F35', 'F14', 'F26', 'F33'],
    cut: {
      F19: NOTHING,
      'F19-wait': 'if (!signal.aborted) await this.waker.wait(1e9);',
    },
  },
  {
    faults: ['F20'],
    guard: 'events only say that it is time to look',
    test: 'source/follow/faults-world',
    also: ['F11', 'F35', 'F14', 'F19', 'F30', 'F26', 'F33'],
    cut: { F20: NOTHING, 'F20-tick': NOTHING, 'F20-list': NOTHING },
  },
  {
    faults: ['F21'],
    guard: 'a compressed file that breaks off may still be being written',
    test: 'source/follow/faults-rotation',
    cut: { F21: 'const BEING_WRITTEN_MS = 0;' },
  },
  {
    faults: ['F22'],
    guard: 'of a damaged file nothing more is expected',
    test: 'source/follow/faults-rotation',
    cut: { F22: NOTHING },
  },
  {
    faults: ['F22'],
    guard: 'lines that cannot be are not delivered',
    test: 'source/follow/faults-rotation',
    cut: { 'F22-verify': NOTHING },
  },
  {
    faults: ['F23'],
    guard: 'all members of a gzip file are read',
    test: 'source/files/compression',
    cut: {
      F23: `if (compression === 'gzip') return gunzipped(async function* () { let isFirst = true; for await (const block of source()) { const next = block.indexOf(Buffer.from('1f8b08', 'hex'), isFirst ? 1 : 0); isFirst = false; if (next >= 0) { yield block.subarray(0, next); return; } yield block; } }, told);`,
    },
  },
  {
    faults: ['F24'],
    guard: 'each record carries a checksum',
    test: 'index/last-seen',
    cut: { 'F24-record': 'return { payload, hash };' },
  },
  {
    faults: ['F24'],
    guard: 'what the lines did and the position are one step',
    test: 'source/follow/faults-identity',
    also: ['F2', 'F3', 'F3b', 'F25'],
    cut: {
      F24: 'yield { log: path, bytes, continues: segment.consumed, position: { ...position, offset: 0, head: { length: 0, hash: "" } }, forgotten };',
    },
  },
  {
    faults: ['F25'],
    guard: 'a place is stored with every block',
    test: 'source/follow/faults-identity',
    cut: { F25: 'const CHUNK = 512 * 1024 * 1024;' },
  },
  {
    faults: ['F26'],
    guard: 'a descriptor that fails is let go, and the path opened anew',
    test: 'source/follow/faults-world',
    cut: { F26: NOTHING },
  },
  {
    faults: ['F27'],
    guard: 'a step back by months is a new year',
    test: 'format/time/clock',
    cut: { F27: 'if (dated === undefined) return this.#inNextYear(wall) ?? dated;' },
  },
  {
    faults: ['F28'],
    guard: 'the order of the lines tells the halves of the hour that repeats',
    test: 'format/time/clock',
    cut: { F28: 'return first;' },
  },
  {
    faults: ['F29'],
    guard: 'a line that is too long is passed over',
    test: 'source/follow/faults-lines',
    cut: { F29: NOTHING },
  },
  {
    faults: ['F31'],
    guard: 'last seen is a maximum',
    test: 'activity/user-table',
    cut: { F31: NOTHING },
  },
  {
    faults: ['F32'],
    guard: 'a file that was read is the same one under another name',
    test: 'source/follow/faults-rotation',
    also: ['F10'],
    cut: {
      F32: 'return undefined;',
      'F32-name':
        'const found = await match(opened.text, positions.filter(({ done, file }) => done !== true || file?.path === sibling.path));',
    },
  },
  {
    faults: ['F33'],
    guard: 'a block that cannot be stored is stored later',
    test: 'source/follow/faults-world',
    cut: {
      F33: `if (!isTold) trouble(reason instanceof Error ? reason.message : String(reason));
        if (failures > 2) return;`,
    },
  },
  {
    faults: ['F34'],
    guard: 'a stamp in the future is not believed',
    test: 'cli/bad-input',
    cut: {
      F34: `if (at === undefined) {
      if (at !== undefined) this.#aheadAt = Math.min(at, this.#aheadAt ?? Infinity);
      this.counts.rejected++;
      return undefined;
    }`,
    },
  },
  {
    faults: ['F36'],
    guard: 'behind an entry that the journal has no longer, others may be lost',
    test: 'source/journal',
    cut: { F36: 'const isLoss = false;' },
  },
];
