/** Who may read a file, for whoever is told that they may not: which file or directory is in the way, and which group helps. */
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';

/** Completes `PATH ...`; for an error EACCES or EPERM. */
export function whyNotPermitted(path: string): string {
  const closed = closedPart(path);
  const group = groupOf(closed);
  const what = closed === path ? 'it belongs' : `${closed} belongs`;
  const who = `may not be read by this user${userName()}`;
  if (group === undefined) return `${who}, as ${closed} is closed to it and to its group: open it to a group`;
  return `${who}: ${what} to the group ${group}, so make this user a member of it (usermod --append --groups ${group} USER; in a unit of systemd SupplementaryGroups=${group})`;
}

/** The outermost directory that may not be entered, or else the file itself. */
function closedPart(path: string): string {
  const parent = dirname(path);
  if (parent === path) return path;
  const outer = closedPart(parent);
  return outer === parent && isOpen(parent) ? path : outer;
}

function isOpen(directory: string): boolean {
  try {
    accessSync(directory, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The name of the group, when its members may read or enter where others may not. */
function groupOf(path: string): string | undefined {
  try {
    const stats = statSync(path);
    const mask = stats.isDirectory() ? 0o010 : 0o040;
    return (stats.mode & mask) === 0 ? undefined : nameOf(stats.gid);
  } catch {
    return undefined;
  }
}

function nameOf(gid: number): string {
  const groups = readFileSync('/etc/group', 'utf8').split('\n');
  const entry = groups.map((line) => line.split(':')).find((fields) => fields[2] === String(gid));
  return entry?.[0] ?? String(gid);
}

/** In brackets. A user of systemd's own has a name only while it runs, and not for everybody. */
function userName(): string {
  try {
    return ` (${userInfo().username})`;
  } catch {
    return '';
  }
}
