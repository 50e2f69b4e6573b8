/**
 * Whoever opens an index makes files in it, and what root makes the daemon's user may not read: one `count` by root, and
 * the daemon does not start again. So all files are given to the owner of the directory.
 */
import { lchownSync, lstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

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
