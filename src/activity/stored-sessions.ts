/** The sessions of one log as they are to be stored: those that changed, and all of them, a part after the other. */
import type { SessionPack } from './session-pack.ts';
import { NONE, type SessionChange } from './session-state.ts';
import type { SessionTable } from './session-table.ts';

export class StoredSessions {
  readonly #table: SessionTable;
  readonly #log: number;

  constructor(table: SessionTable, log: number) {
    this.#table = table;
    this.#log = log;
  }

  /** How many have changed since they were last taken, at most. */
  get changes(): number {
    return this.#table.changes.count(this.#log);
  }

  /** What changed since the last call: undefined for an id that means nothing any more. */
  takeChanges(): SessionChange[] {
    const table = this.#table;
    const taken: SessionChange[] = [];
    this.#eachChange(
      (session) => taken.push([table.idOf(session), table.record(session)]),
      (low, high) => taken.push([table.ids.text(low, high), undefined]),
    );
    return taken;
  }

  /** The same into a pack. */
  packChanges(pack: SessionPack): void {
    this.#eachChange(
      (session) => this.#pack(session, pack),
      (low, high) => {
        pack.begin(NONE);
        this.#table.ids.pack(low, high, pack);
      },
    );
  }

  /** What changed is stored already, or need not be. */
  skipChanges(): void {
    this.#eachChange(
      () => {},
      () => {},
    );
  }

  /** Nobody need be told any more which of them are gone. */
  skipGone(): void {
    const table = this.#table;
    const dropped = table.changes.takeDropped(this.#log);
    for (let i = 0; i < dropped.length; i += 2) table.ids.letGo(dropped[i]!, dropped[i + 1]!);
  }

  /** Packs those with a number from `first` up to `end`, exclusive, changed or not. */
  packFrom(first: number, end: number, pack: SessionPack): void {
    const table = this.#table;
    for (let session = first; session < end; session++) {
      if (table.stateOf(session) === NONE || table.logOf(session) !== this.#log) continue;
      table.noteStored(session);
      this.#pack(session, pack);
    }
  }

  /** Behind the highest number that a session has. */
  get end(): number {
    return this.#table.end;
  }

  #eachChange(changed: (session: number) => void, gone: (low: number, high: number) => void): void {
    const table = this.#table;
    const { sessions, dropped } = table.changes.take(this.#log);
    for (const session of sessions) if (table.store(this.#log, session)) changed(session);
    for (let i = 0; i < dropped.length; i += 2) {
      const [low, high] = [dropped[i]!, dropped[i + 1]!];
      if (table.find(this.#log, low, high) === NONE) gone(low, high);
      table.ids.letGo(low, high);
    }
  }

  #pack(session: number, pack: SessionPack): void {
    const table = this.#table;
    pack.begin(table.stateOf(session));
    table.packId(session, pack);
    pack.instant(table.sinceOf(session));
    pack.instant(table.atOf(session));
    pack.name(table.userNames, table.userOf(session));
    table.resources.pack(session, pack);
  }
}
