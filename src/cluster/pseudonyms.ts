/**
 * Under which names users are in the union: nobody who reads Redis learns who they are, and two nodes give the same user the same
 * name, as both have the key. Another key is another union, and so is another way of counting: the id of both is in front of all keys.
 */
import { createHmac } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';

const BYTES = 12;
const LEAST_KEY = 16;

export class Pseudonyms {
  readonly #key: Buffer;
  /** Follows from the key and from how is counted, and tells neither. */
  readonly id: string;

  /** `counting`: as of `ClusterSettings`. */
  constructor(key: Buffer, counting = '') {
    this.#key = key;
    // No JID begins so.
    this.id = this.#of(`\0id${counting}`).toString('hex').slice(0, 8);
  }

  /** Of a folded bare JID. */
  of(jid: string): Buffer {
    return this.#of(jid);
  }

  #of(text: string): Buffer {
    return createHmac('sha256', this.#key).update(text).digest().subarray(0, BYTES);
  }
}

/**
 * As the union knows a user; undefined where this is no node of a cluster. Most commands need no pseudonym, so the key is read for
 * the first one. @throws then, a sentence
 */
export function pseudonymsOf(cluster: { readonly keyFile: string } | undefined): ((jid: string) => Buffer) | undefined {
  if (!cluster) return undefined;
  let pseudonyms: Pseudonyms | undefined;
  return (jid) => (pseudonyms ??= new Pseudonyms(readClusterKey(cluster.keyFile))).of(jid);
}

/** @throws with a sentence, where there is no key that may be used. */
export function readClusterKey(path: string): Buffer {
  const advice = `make one with "openssl rand -hex 32", and give the same to all nodes (cluster.key_file)`;
  let key: Buffer;
  let mode: number;
  try {
    key = Buffer.from(readFileSync(path, 'latin1').trim(), 'latin1');
    mode = statSync(path).mode;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    if (cause instanceof Error && 'code' in cause && cause.code === 'EACCES')
      throw new Error(
        `${path}: the key of the cluster may not be read (${reason}): run this as root; the service gets the key by LoadCredential of systemd`,
        { cause },
      );
    throw new Error(`${path}: the key of the cluster cannot be read (${reason}): ${advice}`, { cause });
  }
  if (key.length < LEAST_KEY)
    throw new Error(`${path}: the key of the cluster has fewer than ${LEAST_KEY} characters: ${advice}`);
  if (mode & 0o007)
    throw new Error(`${path}: the key of the cluster can be read by everybody: give the file the mode 0600 or 0640`);
  return key;
}
