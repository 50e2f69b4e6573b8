/** The files beside a log, listed again and again: where they are looked for, and what is said once of those that are not taken. */
import { listSiblings, oldDirectories, type Listing } from '../files/siblings.ts';
import type { NoticeKind } from './notices.ts';

export interface BesideOptions {
  readonly path: string;
  /** Globs of rotated files elsewhere. */
  readonly rotated: readonly string[];
  readonly notify: (kind: NoticeKind, text: string) => void;
}

export class Beside {
  private readonly options: BesideOptions;
  /** Looked up once: into others files are seen to go. */
  private oldDirectories: readonly string[] | undefined;
  private hasListed = false;
  private trouble: string | undefined;

  constructor(options: BesideOptions) {
    this.options = options;
  }

  /** `directories`: where files of the log were before. Undefined if nothing can be listed. */
  list(directories: readonly string[]): Listing | undefined {
    const { path, rotated } = this.options;
    try {
      this.oldDirectories ??= oldDirectories(path);
      const all = new Set([...directories, ...this.oldDirectories]);
      const listing = listSiblings(path, { directories: [...all], rotated });
      this.notifyOthers(listing);
      this.trouble = undefined;
      return listing;
    } catch (error) {
      this.notifyTrouble(error);
      return undefined;
    }
  }

  private notifyTrouble(error: unknown): void {
    const { path, notify } = this.options;
    // That nothing is there is told of the live path.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
    const text = `The directory of ${path} cannot be listed (${String(error)}): what is rotated beside it is not seen`;
    if (this.trouble !== text) notify('unreadable', text);
    this.trouble = text;
  }

  /** At the first look: later there may be files that somebody works on. */
  private notifyOthers({ others }: Listing): void {
    const { path, notify } = this.options;
    if (!this.hasListed && others.length > 0) {
      const names = others.map((other) => other.path).join(', ');
      notify(
        'beside',
        `${names}: not read with ${path}, as rotation makes no such names; rotated in its [[log]] names more`,
      );
    }
    this.hasListed = true;
  }
}
