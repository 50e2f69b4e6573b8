/** The words of a user beside the name's own (format/name-table.ts); an instant of 0 is none. */
import { OWN } from '../format/name-table.ts';

export const LOGIN = OWN;
export const LOGOUT = OWN + 1;
/** Flags, and above them the number of the host. */
export const BITS = OWN + 2;
/** Sessions that are open, and above them events that are decoded and still to be taken in. */
export const OPEN = OWN + 3;
/** The first session of the user's list. */
export const SESSIONS = OWN + 4;
