/**
 * For each fault of the list in CONTRIBUTING: what guards against it, and the source without that guard, as a follower
 * that has the fault would be written. `run.ts` shows that the tests of the fault fail then.
 */

export interface Guard {
  /** As their tests name them. */
  readonly faults: readonly string[];
  /** What is taken away. */
  readonly guard: string;
  /** Below `test/`, without `.test.ts`. */
  readonly test: string;
  /** The file below `src/`, the text that is there once, and what takes its place. */
  readonly cut: readonly (readonly [file: string, from: string, to: string])[];
}

const NOTHING = '';

export const GUARDS: readonly Guard[] = [
  {
    faults: ['F1'],
    guard: 'the content decides what a file is, not its inode',
    test: 'source/follow/faults-identity',
    cut: [
      [
        'source/follow/discover.ts',
        "const likeness = await compare(text, position);\n      if (likeness.kind === 'same' && (there",
        `const likeness = there ? { kind: 'same' as const, trace: { start, offset, head: await text.read(start, position.head.length), marker: await text.read(Math.max(0, offset - 64), position.marker.length), milestones: [], crc: undefined } } : await compare(text, position);\n      if (likeness.kind === 'same' && (there`,
      ],
      ['source/files/lines.ts', 'if (!chunk.subarray(0, before).equals(trace.marker)) return TRUNCATED;', NOTHING],
    ],
  },
  {
    faults: ['F2'],
    guard: 'places behind the head are compared too',
    test: 'source/follow/faults-identity',
    cut: [
      ['source/follow/match.ts', 'if (digest(bytes) !== milestone.hash) return OTHER;', NOTHING],
      ['source/follow/match.ts', 'if (digest(marker) !== position.marker.hash) return OTHER;', NOTHING],
    ],
  },
  {
    faults: ['F3'],
    guard: 'as many first bytes as were read tell a file, however few',
    test: 'source/follow/faults-identity',
    cut: [
      [
        'source/follow/segment.ts',
        'return this.plain ? stats.size : Infinity;',
        'return this.plain ? (stats.size < 256 ? 0 : stats.size) : Infinity;',
      ],
    ],
  },
  {
    faults: ['F3b'],
    guard: 'what tells a file does not depend on a setting',
    test: 'source/follow/faults-identity',
    cut: [
      [
        'source/follow/follower.ts',
        'this.tickMs = tickMs;',
        "this.tickMs = tickMs;\n    Reflect.set(globalThis, 'tick', tickMs);",
      ],
      [
        'source/follow/position.ts',
        "return hash('sha256', bytes, 'hex').slice(0, 16);",
        "return hash('sha256', bytes, 'hex').slice(0, 16) + Reflect.get(globalThis, 'tick');",
      ],
    ],
  },
  {
    faults: ['F4'],
    guard: 'the marker is read again with every read',
    test: 'source/follow/faults-truncation',
    cut: [['source/files/lines.ts', 'if (!chunk.subarray(0, before).equals(trace.marker)) return TRUNCATED;', NOTHING]],
  },
  {
    faults: ['F5'],
    guard: 'a copy is known, and read on from the place in the original',
    test: 'source/follow/faults-truncation',
    cut: [['source/follow/discover.ts', 'const trace = isHeld ?', 'const trace = Date.now() > 0 ?']],
  },
  {
    faults: ['F6'],
    guard: 'the marker, not the size, tells a truncation',
    test: 'source/follow/faults-truncation',
    cut: [
      [
        'source/files/lines.ts',
        'if (!chunk.subarray(0, before).equals(trace.marker)) return TRUNCATED;',
        'if (chunk.length < before) return TRUNCATED;',
      ],
    ],
  },
  {
    faults: ['F7'],
    guard: 'NUL bytes at the head are passed over',
    test: 'source/follow/faults-truncation',
    cut: [
      [
        'source/files/lines.ts',
        'if (trace.offset === trace.start && body[0] === 0) return this.passNuls(limit);',
        NOTHING,
      ],
    ],
  },
  {
    faults: ['F8'],
    guard: 'a rotated file is held until it has been quiet',
    test: 'source/follow/faults-rotation',
    cut: [['source/follow/segments.ts', 'if (!segment.plain) return true;', 'return true;']],
  },
  {
    faults: ['F9'],
    guard: 'a sibling that nobody has seen and that is newer is read',
    test: 'source/follow/faults-rotation',
    cut: [['source/follow/discover.ts', 'if (newer) {', 'if (newer && Date.now() < 0) {']],
  },
  {
    faults: ['F10'],
    guard: 'compressed siblings are compared by their text',
    test: 'source/follow/faults-rotation',
    cut: [
      [
        'source/files/rotated-name.ts',
        'const compressed = plain !== name;',
        'const compressed = plain !== name;\n  if (compressed) return undefined;',
      ],
    ],
  },
  {
    faults: ['F11', 'F35'],
    guard: 'what may not be opened is tried again',
    test: 'source/follow/faults-world',
    cut: [
      [
        'source/follow/live-file.ts',
        'look(): void {',
        "look(): void {\n    if (this.trouble?.code === 'EACCES') return;",
      ],
    ],
  },
  {
    faults: ['F12', 'F13'],
    guard: 'a line without its newline stays unread',
    test: 'source/follow/faults-lines',
    cut: [
      [
        'source/files/lines.ts',
        'const bytes = body.subarray(0, body.lastIndexOf(NEWLINE) + 1);',
        'const bytes = body;',
      ],
    ],
  },
  {
    faults: ['F14'],
    guard: 'a missing file is waited for',
    test: 'source/follow/faults-world',
    cut: [
      [
        'source/follow/live-file.ts',
        'this.current = undefined;\n    }',
        'this.current = undefined;\n      throw error;\n    }',
      ],
    ],
  },
  {
    faults: ['F15'],
    guard: 'a new file is read from its beginning',
    test: 'source/follow/faults-rotation',
    cut: [
      [
        'source/follow/segments.ts',
        'new Segment(randomUUID(), pin, beginTrace(), false)',
        'new Segment(randomUUID(), pin, this.begun ? { ...beginTrace(), start: pin.stamp.size, offset: pin.stamp.size } : beginTrace(), this.begun)',
      ],
    ],
  },
  {
    faults: ['F16'],
    guard: 'what a link leads to is looked up, also where it led before',
    test: 'source/follow/faults-rotation',
    cut: [
      ['source/files/siblings.ts', 'return [...new Set([path, realpathSync(path)])];', 'return [path];'],
      [
        'source/follow/discover.ts',
        'this.soughtStrays = true;',
        'this.soughtStrays = true;\n    if (Date.now() > 0) return [];',
      ],
    ],
  },
  {
    faults: ['F17'],
    guard: 'only names that rotation makes are siblings',
    test: 'source/follow/faults-rotation',
    cut: [
      [
        'source/files/rotated-name.ts',
        'return found && { by: found.by, order: found.order, compressed };',
        "return { by: 'time', order: [0, 0], compressed };",
      ],
    ],
  },
  {
    faults: ['F18'],
    guard: 'a rotated file is released when it has been quiet',
    test: 'source/follow/faults-rotation',
    cut: [
      [
        'source/follow/segments.ts',
        'return performance.now() - segment.quietSince >= ticks * this.options.tickMs;',
        'return ticks < 0;',
      ],
    ],
  },
  {
    faults: ['F18'],
    guard: 'a watcher that was ended stays so',
    test: 'source/follow/watched-directory',
    cut: [['source/follow/watched-directory.ts', 'watcher.add = () => watcher;', NOTHING]],
  },
  {
    faults: ['F19', 'F30'],
    guard: 'the tick looks where no event comes',
    test: 'source/follow/faults-world',
    cut: [
      [
        'source/follow/follower.ts',
        'this.ticking = setInterval(() => this.tick(), this.tickMs);',
        'this.ticking = setInterval(() => {}, this.tickMs);',
      ],
      [
        'source/follow/follower.ts',
        "await this.bell.wait(outcome === 'again' ? Math.min(SOON_MS, this.tickMs) : this.tickMs);",
        'await this.bell.wait(1e9);',
      ],
    ],
  },
  {
    faults: ['F20'],
    guard: 'events only say that it is time to look',
    test: 'source/follow/faults-world',
    cut: [['source/follow/discover.ts', 'if (newer) {', 'if (newer && Date.now() < 0) {']],
  },
  {
    faults: ['F21'],
    guard: 'a compressed file that breaks off may still be being written',
    test: 'source/follow/faults-rotation',
    cut: [['source/files/siblings.ts', 'const BEING_WRITTEN_MS = 60_000;', 'const BEING_WRITTEN_MS = 0;']],
  },
  {
    faults: ['F22'],
    guard: 'of a damaged file nothing more is expected',
    test: 'source/follow/faults-rotation',
    cut: [['source/follow/segments.ts', 'if (brokenOff) inventory.giveUp(segment.stamp);', NOTHING]],
  },
  {
    faults: ['F22'],
    guard: 'lines that cannot be are not delivered',
    test: 'source/follow/faults-rotation',
    cut: [['source/follow/segment.ts', 'if (!this.verified) await this.reader.text.verify();', NOTHING]],
  },
  {
    faults: ['F23'],
    guard: 'all members of a gzip file are read',
    test: 'source/files/compression',
    cut: [
      [
        'source/files/decompress.ts',
        'throughZlib(() => zlib.createGunzip({ chunkSize: CHUNK }), source, told)',
        'throughZlib(() => { const first = zlib.createInflate({ chunkSize: CHUNK }); return first; }, source, told)',
      ],
    ],
  },
  {
    faults: ['F24'],
    guard: 'each record carries a checksum',
    test: 'index/last-seen',
    cut: [
      [
        'index/record.ts',
        'return value.slice(0, Math.max(blank, 0)) === (hash >>> 0).toString(36) ? { payload, hash } : undefined;',
        'return { payload, hash };',
      ],
    ],
  },
  {
    faults: ['F24'],
    guard: 'what the lines did and the position are one step',
    test: 'source/follow/faults-identity',
    cut: [
      [
        'source/follow/segments.ts',
        'if (!(await offer({ log: path, bytes, position, forgotten }))) return false;',
        'if (!(await offer({ log: path, bytes, position: { ...position, offset: 0, head: { length: 0, hash: "" } }, forgotten }))) return false;',
      ],
    ],
  },
  {
    faults: ['F25'],
    guard: 'a place is stored with every block',
    test: 'source/follow/faults-identity',
    cut: [['source/files/lines.ts', 'const CHUNK = 512 * 1024;', 'const CHUNK = 512 * 1024 * 1024;']],
  },
  {
    faults: ['F26'],
    guard: 'a descriptor that fails is let go, and the path opened anew',
    test: 'source/follow/faults-world',
    cut: [['source/follow/segments.ts', 'if (segment.quietSince === undefined) live.forget();', NOTHING]],
  },
  {
    faults: ['F27'],
    guard: 'a step back by months is a new year',
    test: 'format/time/clock',
    cut: [
      [
        'format/time/clock.ts',
        'if (dated === undefined || dated.at < anchor - NEW_YEAR_STEP) return',
        'if (dated === undefined) return',
      ],
    ],
  },
  {
    faults: ['F28'],
    guard: 'the order of the lines tells the halves of the hour that repeats',
    test: 'format/time/clock',
    cut: [['format/time/clock.ts', 'return first < this.#last - DISORDER ? candidates[1] : first;', 'return first;']],
  },
  {
    faults: ['F29'],
    guard: 'a line that is too long is passed over',
    test: 'source/follow/faults-lines',
    cut: [['source/files/lines.ts', 'if (length > LONGEST_LINE) return this.checked(lines(EMPTY, end, 1));', NOTHING]],
  },
  {
    faults: ['F31'],
    guard: 'last seen is a maximum',
    test: 'activity/user-table',
    cut: [
      [
        'activity/user-table.ts',
        'if ((isKnown && second <= this.names.times[at + what]!) || this.isGone(user, second)) return;',
        NOTHING,
      ],
    ],
  },
  {
    faults: ['F32'],
    guard: 'a file is the same one under another name',
    test: 'source/follow/faults-rotation',
    cut: [
      ['source/follow/discover.ts', "if (segment !== undefined) return { kind: 'known', id: segment.id };", NOTHING],
      [
        'source/follow/discover.ts',
        'const likeness = await compare(text, position);\n      const isHeld',
        "const likeness = sibling.path === position.file?.path ? await compare(text, position) : ({ kind: 'other' } as const);\n      const isHeld",
      ],
    ],
  },
  {
    faults: ['F33'],
    guard: 'a block that cannot be stored is offered again',
    test: 'source/follow/faults-world',
    cut: [
      [
        'source/follow/delivery.ts',
        'if (refusals === 0) trouble(reason);',
        'if (refusals === 0) trouble(reason);\n        if (refusals > 2) return true;',
      ],
    ],
  },
  {
    faults: ['F34'],
    guard: 'a stamp in the future is not believed',
    test: 'cli/bad-input',
    cut: [['format/line-decoder.ts', 'if (at === undefined || at > horizon) {', 'if (at === undefined) {']],
  },
];
