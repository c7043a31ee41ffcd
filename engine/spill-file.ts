/** Temporary files of sorts and hashes, over storage's unnamed files. */
import { assert } from '../base/assert.js';
import type { SpillFile } from '../executor/execution.js';
import type { Store } from '../storage/store.js';
import { readFull, writeFull } from '../storage/vfs.js';

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
