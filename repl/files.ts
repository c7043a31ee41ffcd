/** Files that the user names: what is wrong with them, in psql's words and with an SQLSTATE. */
import { DatabaseError } from '../engine/index.js';

/** @returns 58P01 for a file that does not exist, 42501 for one that may not be used, else 58030. */
export function fileError(path: string, cause: unknown): DatabaseError {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT') return new DatabaseError('58P01', `${path}: No such file or directory`, { cause });
  return new DatabaseError(code === 'EACCES' ? '42501' : '58030', `${path}: ${message}`, { cause });
}
