/** Temporary files of sorts, hashes and kept rows, over storage's unnamed files, and what a session may have of them together (temp_file_limit). */
import { assert } from '../base/assert.js';
import { DbError } from '../base/errors.js';
import type { SpillFile } from '../executor/execution.js';
import type { Store } from '../storage/store.js';
import { readFull, writeFull } from '../storage/files/vfs.js';

export function openSpillFile(store: Store): SpillFile {
  const file = store.openTemp();
  let end = 0;
  return {
    append(bytes, start, stop) {
      const at = end;
      writeFull(file, at, bytes, start, stop - start);
      end += stop - start;
      return at;
    },
    read(offset, bytes, start, length) {
      const count = readFull(file, offset, bytes, start, length);
      assert(count === length, 'temporary file is shorter than what was written', count, length);
    },
    close: () => file.close(),
  };
}

/** The temporary files of one session. */
export class SpillQuota {
  readonly #limitBytes: () => number | undefined;
  #usedBytes = 0;

  /** `limitBytes`: asked whenever a file grows; undefined without a limit. */
  constructor(limitBytes: () => number | undefined) {
    this.#limitBytes = limitBytes;
  }

  /** The file with what it takes counted. @throws DbError 53400 from `append` when the session's files would exceed the limit */
  counted(file: SpillFile): SpillFile {
    let bytes = 0;
    return {
      append: (from, start, end) => {
        const limit = this.#limitBytes();
        if (limit !== undefined && this.#usedBytes + end - start > limit) throw new DbError('53400', `temporary file size exceeds temp_file_limit (${limit / 1024}kB)`);
        bytes += end - start;
        this.#usedBytes += end - start;
        return file.append(from, start, end);
      },
      read: (offset, into, start, length) => file.read(offset, into, start, length),
      close: () => {
        this.#usedBytes -= bytes;
        bytes = 0;
        file.close();
      },
    };
  }
}
