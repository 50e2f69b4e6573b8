/**
 * `tail` watches one pinned inode through `/proc/self/fd/N`, so that no rename can make it watch another file. It reads nothing:
 * that the file has changed is the news, and whoever takes it reads.
 */
import { Tail } from 'tail';

declare module 'tail' {
  interface Tail {
    /** What the package does at each event: reads from its cursor to the end of the file. */
    change(): void;
    emit(event: 'wake'): boolean;
    on(event: 'wake', listener: () => void): void;
  }
}

class WakingTail extends Tail {
  override change(): void {
    this.emit('wake');
  }
}

/**
 * Watches the open file `fd`; returns what ends it. `wake` is called when something was written to it, `stopped` when it can be
 * watched no longer, as it was renamed or deleted. Where there is no /proc there is no such news.
 */
export function wakeOnChange(fd: number, wake: () => void, stopped: () => void): () => void {
  try {
    const tail = new WakingTail(`/proc/self/fd/${fd}`, { follow: false });
    tail.on('wake', wake);
    tail.on('error', stopped);
    return () => tail.unwatch();
  } catch {
    return () => {};
  }
}
