/**
 * `chokidar` watches the directory of a log, never the path of the log itself, whose rotations it loses. One watcher serves
 * all logs of a directory. It reports rename and create as a `change`, and drops a change that comes within 50 ms of the
 * one before; so all that is passed on is that something happened.
 *
 * With each line that is written anywhere in the directory chokidar lists the directory and looks at every file of it. When
 * lines come thick and fast that costs more than it is worth, so then it rests a while: `tail` sees the live file
 * being appended to, renamed or deleted anyway.
 */
import { basename, dirname } from 'node:path';
import { watch, type FSWatcher } from 'chokidar';
import { rotationOf } from '../files/rotated-name.ts';

export interface DirectoryListener {
  /** Something happened to the log itself (`sibling` false) or to a rotated sibling. */
  readonly changed: (sibling: boolean) => void;
  /** There are no events, or not all: what the system said. */
  readonly failed: (error: Error) => void;
}

interface Listener extends DirectoryListener {
  /** Of the log. */
  readonly name: string;
}

type Listeners = Set<Listener>;

interface Watched {
  readonly listeners: Listeners;
  readonly close: () => Promise<void>;
}

/** So many events in a second are too many for it. */
const BUSY = 20;
const BUSY_MS = 1000;
const REST_MS = 30_000;

const directories = new Map<string, Watched>();

/**
 * Watches the directory of `path` for what concerns this log; returns what ends it. `inode` is that of the directory: one that
 * has been replaced has another, and is watched anew.
 */
export function watchDirectory(path: string, inode: string, watch: DirectoryListener): () => Promise<void> {
  const directory = dirname(path);
  const key = `${inode} ${directory}`;
  const watched = directories.get(key) ?? openWatcher(directory);
  directories.set(key, watched);
  const { changed, failed } = watch;
  const listener = { changed, failed, name: basename(path) };
  watched.listeners.add(listener);
  return async () => {
    watched.listeners.delete(listener);
    if (watched.listeners.size > 0 || directories.get(key) !== watched) return;
    directories.delete(key);
    await watched.close();
  };
}

function openWatcher(directory: string): Watched {
  const listeners: Listeners = new Set();
  let watcher: FSWatcher | undefined;
  let timer: NodeJS.Timeout | undefined;
  let events = 0;
  let since = 0;
  const begin = () => {
    timer = undefined;
    watcher = listenTo(directory, listeners).on('raw', count);
  };
  const rest = () => {
    const busy = watcher;
    watcher = undefined;
    timer = setTimeout(begin, REST_MS);
    if (busy !== undefined) void endWatcher(busy);
  };
  const count = () => {
    const now = performance.now();
    if (now - since > BUSY_MS) [since, events] = [now, 0];
    if (++events > BUSY && watcher !== undefined) rest();
  };
  begin();
  return {
    listeners,
    close: async () => {
      clearTimeout(timer);
      if (watcher !== undefined) await endWatcher(watcher);
    },
  };
}

/**
 * Closes a watcher for good. When a look at the directory that is still under way finds its only file gone, chokidar 5 adds the
 * directory again, also after `close`; that opens the watcher anew, and nobody would ever close it.
 */
function endWatcher(watcher: FSWatcher): Promise<void> {
  // guard: F18-watcher
  watcher.add = () => watcher;
  return watcher.close();
}

function listenTo(directory: string, listeners: Listeners): FSWatcher {
  const watcher = watch(directory, {
    depth: 0,
    atomic: false,
    ignoreInitial: true,
    ignored: (path) => path !== directory && concerned(listeners, basename(path)).length === 0,
  });
  watcher.on('all', (_event, path) => {
    for (const { name, changed } of concerned(listeners, basename(path))) changed(name !== basename(path));
  });
  watcher.on('error', (error) => {
    const cause = error instanceof Error ? error : new Error(String(error));
    for (const { failed } of listeners) failed(cause);
  });
  return watcher;
}

/** Whom a file of this name concerns, as their log or as a sibling of it. Compressed ones do not change any more. */
const concerned = (listeners: Listeners, name: string): readonly Listener[] =>
  [...listeners].filter((each) => each.name === name || rotationOf(each.name, name)?.compressed === false);
