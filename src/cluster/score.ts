/**
 * What a user is sorted by in the union: last seen, and in the fraction how long before that the login was. Instants up to 2106 and 21 bits behind
 * them are what a double holds. A session of more than 24 days is taken for one of 24.
 */
const UNIT = 2 ** 21;

/** Of whom no login is known: an account that was removed up to so many seconds before may still have been theirs. */
const UNKNOWN_LOGIN = 600;

export function knownLogin(login: number, seen: number): number {
  return login > 0 ? login : seen - UNKNOWN_LOGIN;
}

/** Unix seconds. */
export function score(login: number, seen: number): number {
  const before = Math.min(Math.max(seen - knownLogin(login, seen), 0), UNIT - 2);
  return seen + 1 - (1 + before) / UNIT;
}
