/** Who never counts: hosts, bare JIDs, and patterns of either, in which `*` stands for any number of characters but `@`. */

const NOBODY = (): boolean => false;

/** Whether a bare JID is one of `entries`; all of them are case-folded. */
export function exclusionOf(entries: readonly string[]): (jid: string) => boolean {
  if (entries.length === 0) return NOBODY;
  const plain = new Set(entries.filter((entry) => !entry.includes('*')));
  const patterns = entries.filter((entry) => entry.includes('*')).map(patternOf);
  return (jid) =>
    plain.has(jid) || plain.has(jid.slice(jid.indexOf('@') + 1)) || patterns.some((pattern) => pattern.test(jid));
}

function patternOf(entry: string): RegExp {
  const ofJid = entry.includes('@') ? entry : `*@${entry}`;
  const parts = ofJid.split('*').map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${parts.join('[^@]*')}$`, 'su');
}
