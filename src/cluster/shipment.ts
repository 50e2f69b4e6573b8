/** A piece of the outbox as `apply` takes it, divided by the slots of its users. Pure. */
import type { Pseudonyms } from './pseudonyms.ts';
import { knownLogin, score } from './score.ts';
import type { Piece } from './seam.ts';

type Operations = (string | number | Buffer)[];

/** The name of a JID's host. */
const hostOf = (jid: string): string => jid.slice(jid.indexOf('@') + 1);

/** In which slot a user is. */
export function slotOf(member: Buffer, slots: number): number {
  return member.readUInt32BE(0) % slots;
}

export function operationsBySlot(
  { changes, users }: Piece,
  pseudonyms: Pseudonyms,
  slots: number,
): Map<number, Operations> {
  const bySlot = new Map<number, Operations>();
  const add = (member: Buffer, ...operation: Operations): void => {
    const slot = slotOf(member, slots);
    const operations = bySlot.get(slot);
    if (operations) operations.push(...operation);
    else bySlot.set(slot, operation);
  };
  for (const { kind, host, member, at } of changes)
    if (kind === 'removed' || kind === 'forgotten') add(member, 'g', host, member, at, kind === 'forgotten' ? 1 : 0);
    else add(member, 'd', host, member, at, kind === 'disabled' ? 1 : 0);
  for (const { jid, login, seen, isOpen } of users) {
    const member = pseudonyms.of(jid);
    add(member, 's', hostOf(jid), member, knownLogin(login, seen), score(login, seen), isOpen ? 1 : 0);
  }
  return bySlot;
}
