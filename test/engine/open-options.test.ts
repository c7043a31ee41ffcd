/** What `open` is given is checked before anything is opened or made. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { open, type OpenOptions } from '../../engine/index.js';

const refused: readonly (readonly [options: Readonly<Record<string, unknown>>, message: string, hint: string | undefined])[] = [
  [{ readonly: true }, 'open() has no option "readonly"', 'Perhaps you meant "readOnly".'],
  [{ fileMustExist: true }, 'open() has no option "fileMustExist"', undefined],
  [{ toString: 1 }, 'open() has no option "toString"', undefined],
  [{ durability: 'none' }, `invalid value for the option "durability" of open(): 'none'`, `It must be 'full' or 'relaxed'.`],
  [{ int8: BigInt }, `invalid value for the option "int8" of open(): ${String(BigInt)}`, `It must be 'number', 'bigint' or 'string'.`],
  [{ readOnly: 'no' }, `invalid value for the option "readOnly" of open(): 'no'`, 'It must be true or false.'],
  [{ cacheBytes: '64MB' }, `invalid value for the option "cacheBytes" of open(): '64MB'`, 'It must be a number, not less than 0.'],
  [{ timeSliceMs: -1 }, 'invalid value for the option "timeSliceMs" of open(): -1', 'It must be a number, not less than 0.'],
  [{ versionBytesMax: NaN }, 'invalid value for the option "versionBytesMax" of open(): NaN', 'It must be a number, not less than 0.'],
  [{ isolation: 1 }, 'invalid value for the option "isolation" of open(): 1', 'It must be a text.'],
  [{ isolation: 'snapshot' }, 'invalid value for parameter "default_transaction_isolation": "snapshot"', 'Available values: serializable, repeatable read, read committed, read uncommitted.'],
  [{ parsers: null }, 'invalid value for the option "parsers" of open(): null', 'It must be an object.'],
  [{ pageSizeBytes: 1000 }, 'invalid page size 1000', 'It must be a power of two from 512 to 32768.'],
  [{ pageSizeBytes: 65536 }, 'invalid page size 65536', 'It must be a power of two from 512 to 32768.'],
  [{ pageSizeBytes: 4096.5 }, 'invalid page size 4096.5', 'It must be a power of two from 512 to 32768.'],
];

describe('options of open', () => {
  it('are refused where they are none, and nothing is made', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'slt-options-'));
    const path = join(directory, 'o.slt');
    for (const [options, message, hint] of refused) {
      await expect(open(path, options as OpenOptions), message).rejects.toMatchObject({ code: '22023', message, hint });
      expect(readdirSync(directory)).toEqual([]);
    }
    const db = await open(path, { pageSizeBytes: 1024, isolation: 'serializable', readOnly: undefined, checkpointIntervalMs: 0, timeSliceMs: Infinity });
    await db.close();
    rmSync(directory, { recursive: true });
  });
});
