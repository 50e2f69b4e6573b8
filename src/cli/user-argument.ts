/** The user that `last` and `forget` are about. */
import type { Config } from '../config/config.ts';

export function unknownUser(user: string, { index }: Config): string {
  return `${user} is not in the index ${index.path}: no login or logout was seen in the last ${index.retentionDays} days; to take in older or other logs run xmpp-active-users backfill FILE...`;
}
