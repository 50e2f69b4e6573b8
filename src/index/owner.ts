/**
 * Whoever opens an index makes files in it, and what root makes the daemon's user may not read: one `count` by root, and
 * the daemon does not start again. So all files are given to the owner of the directory, and to nobody else: they say who
 * was last seen when.
 */
import { chmodSync, lchownSync, lstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { umask } from 'node:process';

/**
 * From now on whatever this process makes is for its owner only: LevelDB, also in a child, makes its files when it likes,
 * with the rights that the process leaves it. What is there already is made so, whoever may see into the directory.
 */
export function keepPrivate(path: string): void {
  umask(0o077);
  for (const name of readdirSync(path)) closeToOthers(join(path, name));
}

function closeToOthers(file: string): void {
  try {
    const stats = lstatSync(file);
    if (stats.isFile() && (stats.mode & 0o077) !== 0) chmodSync(file, 0o600);
  } catch {
    // LevelDB may have deleted it meanwhile; and who is not its owner cannot help it.
    return;
  }
}

/** Whether there were files of somebody else: then there will be more, and this is to be called after every change. */
export function giveToOwner(path: string): boolean {
  // systemd's state directory may be a link.
  const { uid, gid } = statSync(path);
  const others = readdirSync(path).filter((name) => isOfOther(join(path, name), uid));
  for (const name of others) give(join(path, name), uid, gid);
  return others.length > 0;
}

function isOfOther(file: string, uid: number): boolean {
  return lstatSync(file, { throwIfNoEntry: false })?.uid !== uid;
}

/** LevelDB may have deleted it meanwhile; and who may not give it away cannot help it. */
function give(file: string, uid: number, gid: number): void {
  try {
    lchownSync(file, uid, gid);
  } catch {
    return;
  }
}
