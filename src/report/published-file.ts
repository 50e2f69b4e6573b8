/** A file that other programs read, whoever they run as: each time it is written beside its place and then put there in one step. */
import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs';

export class PublishedFile {
  readonly #path: string;
  readonly #setting: string;
  readonly #tell: (level: 'warning', sentence: string) => void;
  #told: string | undefined;

  /** `setting`: that names its path. */
  constructor(path: string, setting: string, tell: (level: 'warning', sentence: string) => void) {
    this.#path = path;
    this.#setting = setting;
    this.#tell = tell;
  }

  /** Where that cannot be, it is told once, and tried again with the next text. */
  write(text: string): void {
    try {
      replace(this.#path, text);
      this.#told = undefined;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== this.#told) this.#tell('warning', unwritable(this.#path, this.#setting, reason));
      this.#told = reason;
    }
  }
}

function unwritable(path: string, setting: string, reason: string): string {
  return `${path} cannot be written (${reason}): let the daemon write into its directory, or set ${setting} to a file in one where it may, such as /run/xmpp-active-users`;
}

/** @throws the error of the system */
function replace(path: string, text: string): void {
  // No pattern of files that are read ends so.
  const next = `${path}.new`;
  try {
    rmSync(next, { force: true });
    writeFileSync(next, text, { flag: 'wx' });
    // What the umask of the daemon keeps to itself is for everybody here.
    chmodSync(next, 0o644);
    renameSync(next, path);
  } catch (error) {
    rmSync(next, { force: true });
    throw error;
  }
}
