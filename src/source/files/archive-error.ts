/** What can be wrong with a file of old log. The message is a sentence that names the file and says what to do. */
import { whyNotPermitted } from './permission.ts';

export type ArchiveErrorCode =
  /** There is no such file. */
  | 'MISSING'
  | 'DIRECTORY'
  /** A pipe or socket where a file is needed that can be read twice. */
  | 'PIPE'
  /** No permission, or the disk fails. */
  | 'UNREADABLE'
  /** Neither this Node nor the system can decompress it. */
  | 'NO_PROGRAM'
  /** A compressed file that was cut short, or is still being written. All that it holds has been handed out before. */
  | 'UNEXPECTED_END'
  /** A compressed file that was damaged. What stands before the damage has been handed out before. */
  | 'CORRUPT'
  /** A tar, a zip, a database, ... */
  | 'NOT_A_LOG';

export class ArchiveError extends Error {
  override readonly name = 'ArchiveError';
  readonly code: ArchiveErrorCode;
  /** The file, as it was given. */
  readonly path: string;

  constructor(code: ArchiveErrorCode, path: string, sentence: string, cause?: unknown) {
    super(`${path} ${sentence}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.path = path;
  }
}

/** Something to be said about one file; it never keeps the others from being read. */
export interface Problem {
  readonly path: string;
  /** `error`: something of the file is not read. `warning`: it is read, but perhaps not as it should be. */
  readonly severity: 'error' | 'warning';
  readonly code:
    | ArchiveErrorCode
    | 'NO_STAMPS'
    | 'AMBIGUOUS'
    | 'FUTURE'
    | 'WRONG_TIME'
    | 'YEAR_GUESSED'
    | 'ZONE'
    | 'TRAILING'
    | 'NO_YEAR'
    | 'OVERLAP'
    | 'REPEATS';
  readonly sentence: string;
}

/** An error of the file system, as a sentence about the file; other errors stay what they are. */
export function fileError(path: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new ArchiveError('MISSING', path, 'does not exist: check the name', error);
    case 'EISDIR':
      return isDirectory(path, error);
    case 'EACCES':
    case 'EPERM':
      return new ArchiveError('UNREADABLE', path, whyNotPermitted(path), error);
    case 'EIO':
    case 'EMFILE':
    case 'ENFILE':
    case 'ELOOP':
    case 'ENXIO':
      return new ArchiveError('UNREADABLE', path, `cannot be read (${code}): check the disk it is on`, error);
    default:
      return error;
  }
}

export function isDirectory(path: string, cause?: unknown): ArchiveError {
  return new ArchiveError('DIRECTORY', path, 'is a directory: give the files in it', cause);
}
