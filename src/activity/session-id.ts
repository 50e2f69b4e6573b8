/**
 * The ids of sessions as two numbers: `c2s560351951f30` is its address; any other, such as
 * `bosh58833a29-3eaa-4734-878e-f48d1033363e`, the number of a name and what its look tells.
 */
import { OF_JID_BEGINS } from '../format/dialects/full-jid.ts';
import { NAME_WORDS, OWN, type NameTable } from '../format/name-table.ts';
import type { SessionPack } from './session-pack.ts';

export interface SessionId {
  readonly low: number;
  readonly high: number;
}

/** In `high`. */
const NAMED = -0x8000_0000;
const BOSH = 0x4000_0000;

/** Fewer than 53 bits, and one way to write them. */
const ADDRESS = /^c2s[1-9a-f][0-9a-f]{0,12}$/;
const UPPER_DIGITS = 8;
const BOSH_BEGINS = Buffer.from('bosh');

const PREFIX = OF_JID_BEGINS.length;
/** The id of a session that is told by its full JID; a scanner takes none that is longer. */
const scratch = Buffer.alloc(4096);
scratch.write(OF_JID_BEGINS, 'latin1');

function beginsAsBosh(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from < BOSH_BEGINS.length) return false;
  for (let i = 0; i < BOSH_BEGINS.length; i++) if (bytes[from + i] !== BOSH_BEGINS[i]) return false;
  return true;
}

/** Whether the id is that of a BOSH session. */
export const isBoshId = (high: number): boolean => high < 0 && (high & BOSH) !== 0;

export class SessionIds {
  readonly #names: NameTable;

  constructor(names: NameTable) {
    this.#names = names;
  }

  /** The numbers of an id, held once. */
  take(text: string): SessionId {
    if (ADDRESS.test(text)) {
      const upper = text.slice(3, -UPPER_DIGITS);
      return {
        low: Number.parseInt(text.slice(3).slice(-UPPER_DIGITS), 16) | 0,
        high: Number.parseInt(upper || '0', 16),
      };
    }
    const id = { low: this.#names.internText(text), high: NAMED | (text.startsWith('bosh') ? BOSH : 0) };
    this.hold(id.low, id.high);
    return id;
  }

  /** The numbers of an id that is no address, of which these are the bytes, held once. */
  takeNamed(bytes: Uint8Array, from: number, to: number): SessionId {
    const high = NAMED | (beginsAsBosh(bytes, from, to) ? BOSH : 0);
    const id = { low: this.#names.intern(bytes, from, to), high };
    this.hold(id.low, id.high);
    return id;
  }

  /** The same of an id that is made of a full JID, which is in the bytes. */
  takeOfJid(bytes: Uint8Array, from: number, to: number): SessionId {
    for (let i = from, at = PREFIX; i < to; i++, at++) scratch[at] = bytes[i]!;
    return this.takeNamed(scratch, 0, PREFIX + to - from);
  }

  text(low: number, high: number): string {
    if (high < 0) return this.#names.text(low);
    const digits = (low >>> 0).toString(16);
    return `c2s${high === 0 ? digits : high.toString(16) + digits.padStart(UPPER_DIGITS, '0')}`;
  }

  pack(low: number, high: number, pack: SessionPack): void {
    if (high < 0) pack.name(this.#names, low);
    else pack.text(this.text(low, high));
  }

  /** The numbers mean this id until they have been let go as often as they were held. */
  hold(low: number, high: number): void {
    if (high < 0) this.#names.words[low * NAME_WORDS + OWN]!++;
  }

  letGo(low: number, high: number): void {
    if (high < 0 && --this.#names.words[low * NAME_WORDS + OWN]! === 0) this.#names.release(low);
  }
}
