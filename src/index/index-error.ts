/** What can be wrong with an index directory, each with a code to decide by and a sentence for the administrator. */

/**
 * - `MISSING`: there is no index and none was to be created.
 * - `LOCKED`: another process has it open.
 * - `NOT_WRITABLE`: the directory cannot be created, read or written.
 * - `NOT_LEVELDB`: the directory holds something that is not an index of this program; nothing in it was touched.
 * - `NEWER_SCHEMA`: written by a newer version of this program.
 * - `DAMAGED`: what is stored is not what was written. To be moved aside and rebuilt from the logs.
 * - `FAILED`: the system refused (disk full, too many open files). What was acknowledged is safe; trying again may work.
 */
export type IndexErrorCode =
  'MISSING' | 'LOCKED' | 'NOT_WRITABLE' | 'NOT_LEVELDB' | 'NEWER_SCHEMA' | 'DAMAGED' | 'FAILED';

export class IndexError extends Error {
  readonly code: IndexErrorCode;

  constructor(code: IndexErrorCode, sentence: string, cause?: unknown) {
    super(sentence, cause === undefined ? {} : { cause });
    this.name = 'IndexError';
    this.code = code;
  }
}

export function damaged(path: string, what: string, cause?: unknown): IndexError {
  const sentence =
    `The index in ${path} is damaged (${what}): move it away (mv ${path} ${path}.damaged) and rebuild it from the logs; ` +
    'the daemon does both by itself when it starts';
  return new IndexError('DAMAGED', sentence, cause);
}

/** What is no question of rights or of the right directory, and may be otherwise a minute later. */
const PASSING = new Set<unknown>(['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'EIO', 'ENOMEM']);

/** Says what a failure of the file system below the index means. */
export function unusable(path: string, error: unknown): IndexError {
  if (PASSING.has(codeOf(error))) return failed(path, error);
  const sentence = `The index directory ${path} cannot be used (${reason(error)}): give the user that runs this program write access to it, or set index.path (--index) to another directory`;
  return new IndexError('NOT_WRITABLE', sentence, error);
}

/**
 * Says what a failure of LevelDB means. LevelDB tells IO errors apart only by the text of strerror, which is English
 * as long as nobody calls setlocale, and Node does not.
 */
export function explainLevelError(path: string, thrown: unknown): IndexError {
  if (thrown instanceof IndexError) return thrown;
  const error = rootCause(thrown);
  const code = codeOf(error);
  const text = reason(error);
  if (code === 'LEVEL_LOCKED') return locked(path, error);
  if (code === 'LEVEL_CORRUPTION' || code === 'LEVEL_NOT_FOUND') return damaged(path, text, error);
  if (/No such file|Input\/output error|Invalid argument|not an sstable/.test(text)) return damaged(path, text, error);
  if (/Permission denied|Read-only|not permitted|Not a directory/.test(text)) return unusable(path, error);
  return failed(path, error);
}

function failed(path: string, error: unknown): IndexError {
  const sentence = `The index in ${path} could not be read or written (${reason(error)}): nothing acknowledged is lost; make room on its disk or mend what the message names, and try again (the daemon does so by itself)`;
  return new IndexError('FAILED', sentence, error);
}

function locked(path: string, cause: unknown): IndexError {
  const sentence = `The index in ${path} is in use by another process, probably the daemon: stop it (systemctl stop xmpp-active-users) or name another directory with --index`;
  return new IndexError('LOCKED', sentence, cause);
}

/** `level` wraps what happened while opening in "Database failed to open". */
function rootCause(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? rootCause(error.cause) : error;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
