/** What `explain` tells of a log, and who is online by it at its end. */
import { command } from './daemon.ts';

export interface Told {
  readonly kind: string | null;
  readonly user?: string;
  readonly session?: string;
  readonly resource?: string;
  readonly behind?: string;
}

/** The events of a log. */
export async function explained(log: string): Promise<Told[]> {
  const { stdout } = await command('explain', '--json', log);
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line): Told => JSON.parse(line)).filter(({ kind }) => kind !== null);
}

/** Who is online at the end of the events. */
export function online(events: readonly Told[]): string[] {
  const open = new Set<string>();
  for (const { kind, user = '', resource = '', behind = '' } of events) {
    if (kind === 'start') open.add(`${user}/${resource}`);
    if (kind === 'server-start' || kind === 'server-stop') open.clear();
    if (kind === 'end') for (const jid of open) if (`${user}/${behind}`.startsWith(jid)) open.delete(jid);
  }
  return [...open];
}
