/** What keeps the union small, and what is asked of it now and then. */
import { randomBytes } from 'node:crypto';
import type { GoneElsewhere } from './seam.ts';
import type { Union } from './union.ts';

/** Drops who was last seen, and what was changed, before an instant; a few milliseconds of Redis at a time. */
export async function upkeep({ connection, keys }: Pick<Union, 'connection' | 'keys'>, before: number): Promise<void> {
  for (const key of keys.all)
    for (const host of (await connection.run('hosts', key)) as string[]) {
      let [more, skip] = [1, 0];
      while (more === 1) [more, skip] = (await connection.run('prune', key, host, before, skip)) as [number, number];
    }
}

/** Accounts that other nodes saw removed, and this one, each told once as long as the process lives. */
export class GoneReader {
  readonly #union: Pick<Union, 'connection' | 'keys'>;
  /** By slot: of which list, and up to which number it is known. */
  readonly #known = new Map<number, { readonly list: string; readonly number: string }>();

  constructor(union: Pick<Union, 'connection' | 'keys'>) {
    this.#union = union;
  }

  /** What is new. Where it is not taken in to the end, it is given again. */
  async *read(): AsyncGenerator<GoneElsewhere> {
    const { keys } = this.#union;
    for (const [slot, key] of keys.all.entries()) {
      for (let isMore = true; isMore;) {
        const known = this.#known.get(slot);
        const { list, rows } = await this.#rows(key, known?.number ?? '0');
        // Another list than the one that was read: from its beginning.
        if (known && known.list !== list) {
          this.#known.delete(slot);
          continue;
        }
        for (const row of rows) yield row.gone;
        this.#known.set(slot, { list, number: rows.at(-1)?.number ?? known?.number ?? '0' });
        isMore = rows.length > 0;
      }
    }
  }

  async #rows(key: string, after: string): Promise<{ list: string; rows: { number: string; gone: GoneElsewhere }[] }> {
    const answer = await this.#union.connection.runForBytes('gone', key, after, randomBytes(8).toString('hex'));
    const [list, ...flat] = answer as Buffer[];
    const rows = Array.from({ length: flat.length / 4 }, (_, i) => {
      const [number, host, member, at] = flat.slice(4 * i, 4 * i + 4) as [Buffer, Buffer, Buffer, Buffer];
      const instant = Number(String(at));
      const gone = { host: String(host), member, at: Math.floor(instant), isForgotten: instant % 1 !== 0 };
      return { number: String(number), gone };
    });
    return { list: String(list), rows };
  }
}
