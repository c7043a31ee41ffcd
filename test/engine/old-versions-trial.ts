/**
 * Old versions read through SQL while others are freed and their memory is used again (mvcc/versions/undo-memory.ts): cursors and streams that rest between their portions, over rows found by scans,
 * by an index and by their keys, against what the table held when each began. Rows are changed, moved, removed and inserted, also in transactions that are rolled back in part or
 * whole, and there is so little memory for old versions that some are given up before their records.
 */
import { strict as assert } from 'node:assert';
import { type Prng, seededPrng } from '../../base/prng.js';
import { DatabaseError, type Database, open } from '../../engine/index.js';

const KeyCount = 40;

type Table = ReadonlyMap<number, string>;
type Line = readonly [k: number, v: string | null];

/** What can be read, and what of a table it gives. */
const queries: readonly { readonly text: string; of(table: Table): Line[] }[] = [
  { text: 'select k, v from t order by k', of: (table) => [...table].sort(([a], [b]) => a - b) },
  { text: 'select k, v from t order by n, k', of: (table) => [...table].sort(([a], [b]) => (a % 7) - (b % 7) || a - b) },
  { text: 'select k, (select v from t where t.k = s.k) as v from s', of: (table) => Array.from({ length: KeyCount }, (_, k) => [k, table.get(k) ?? null]) },
];

/** Something that reads what the table held when it began. */
interface Reader {
  readonly expected: Line[];
  taken: number;
  take(count: number): Promise<Line[]>;
  close(): Promise<void>;
}
interface Row {
  readonly k: number;
  readonly v: string | null;
}
const lineOf = ({ k, v }: Row): Line => [k, v];

async function openCursor(db: Database, prng: Prng, table: Table): Promise<Reader> {
  const session = db.connect();
  const { text, of } = queries[prng.below(queries.length)]!;
  await session.exec(`begin isolation level ${prng.below(2) === 0 ? 'read committed' : 'repeatable read'}; declare c no scroll cursor for ${text}`);
  return {
    expected: of(table),
    taken: 0,
    take: async (count) => (await session.query<Row>(`fetch ${count} from c`)).rows.map(lineOf),
    close: async () => {
      await session.exec('rollback');
      await session.close();
    },
  };
}

async function openStream(db: Database, prng: Prng, table: Table): Promise<Reader> {
  const { text, of } = queries[prng.below(queries.length)]!;
  const rows = db.stream<Row>(text, [], { batchRows: 1 + prng.below(5) })[Symbol.asyncIterator]();
  const first = await rows.next();
  const waiting = first.done === true ? [] : [first.value];
  return {
    expected: of(table),
    taken: 0,
    take: async (count) => {
      const lines: Line[] = waiting.splice(0, count).map(lineOf);
      while (lines.length < count) {
        const next = await rows.next();
        if (next.done === true) break;
        lines.push(lineOf(next.value));
      }
      return lines;
    },
    close: async () => void (await rows.return?.()),
  };
}

function drawValue(prng: Prng): string {
  const kind = prng.below(12);
  const length = kind === 0 ? 0 : kind === 1 ? 9000 + prng.below(9000) : kind < 5 ? 200 + prng.below(800) : prng.below(40);
  return String.fromCharCode(97 + prng.below(26)).repeat(length);
}

/** Changes some rows of the database and of `table`. */
async function change(run: (text: string, params: unknown[]) => Promise<unknown>, prng: Prng, table: Map<number, string>): Promise<void> {
  const kind = prng.below(8);
  const k = prng.below(KeyCount);
  const v = drawValue(prng);
  if (kind === 0) {
    const part = 2 + prng.below(5);
    await run('update t set v = $1::text where k % $2::int = 0', [v, part]);
    for (const other of table.keys()) if (other % part === 0) table.set(other, v);
  } else if (kind === 1 && table.has(k)) {
    await run('delete from t where k = $1', [k]);
    table.delete(k);
  } else if (!table.has(k)) {
    await run('insert into t values ($1, $2, $1::int % 7)', [k, v]);
    table.set(k, v);
  } else {
    await run('update t set v = $1 where k = $2', [v, k]);
    table.set(k, v);
  }
}

/** A transaction of several changes, some of them or all rolled back. @returns what the table holds then */
async function changeTogether(db: Database, prng: Prng, before: Table): Promise<Map<number, string>> {
  const session = db.connect();
  const run = (text: string, params: unknown[]): Promise<unknown> => session.query(text, params);
  const table = new Map(before);
  await session.exec('begin');
  await change(run, prng, table);
  const isKept = prng.below(2) === 0;
  const beside = new Map(table);
  await session.exec('savepoint s');
  await change(run, prng, beside);
  await session.exec(isKept ? 'release s' : 'rollback to s');
  const after = isKept ? beside : table;
  await change(run, prng, after);
  const isCommitted = prng.below(3) > 0;
  await session.exec(isCommitted ? 'commit' : 'rollback');
  await session.close();
  return isCommitted ? after : new Map(before);
}

/** Takes a portion. @returns whether there may be more */
async function advance(reader: Reader, prng: Prng): Promise<boolean> {
  const count = 1 + prng.below(8);
  try {
    const lines = await reader.take(count);
    assert.deepEqual(lines, reader.expected.slice(reader.taken, reader.taken + count));
    reader.taken += lines.length;
    return lines.length === count;
  } catch (error) {
    // Its snapshot was too old.
    if (error instanceof DatabaseError && error.code === '53200') return false;
    throw error;
  }
}

/** @throws where a reader sees something else than what was there when it began */
export async function oldVersionsTrial(seed: number): Promise<void> {
  const prng = seededPrng(seed);
  const db = await open(':memory:', { versionBytesMax: 50_000 + prng.below(400_000) });
  const readers: Reader[] = [];
  const end = (reader: Reader): Promise<void> => readers.splice(readers.indexOf(reader), 1)[0]!.close();
  try {
    await db.exec('create table t (k int primary key, v text, n int); create index on t (n, k); create table s (k int primary key)');
    await db.exec(`insert into s select g from generate_series(0, ${KeyCount - 1}) g; insert into t select k, 'first', k % 7 from s; set enable_seqscan = off`);
    let table = new Map(Array.from({ length: KeyCount }, (_, k) => [k, 'first']));
    for (let step = 0; step < 80; step++) {
      const kind = prng.below(10);
      if (kind < 4) await change((text, params) => db.query(text, params), prng, table);
      else if (kind < 5) table = await changeTogether(db, prng, table);
      else if (kind < 7 && readers.length < 6) readers.push(await (prng.below(3) === 0 ? openStream : openCursor)(db, prng, new Map(table)));
      else if (readers.length > 0) {
        const reader = readers[prng.below(readers.length)]!;
        if (!(await advance(reader, prng)) || prng.below(8) === 0) await end(reader);
      }
    }
    for (const reader of readers) while (await advance(reader, prng));
    for (const reader of [...readers]) await end(reader);
    const { rows } = await db.query<Row>('select k, v from t order by k');
    assert.deepEqual(rows.map(lineOf), queries[0]!.of(table));
    const { manager } = db.connect().backend.instance;
    while (manager.step());
    const { undoRecords, undoBytes, undoStubs } = manager.statistics();
    assert.deepEqual([undoRecords, undoBytes, undoStubs], [0, 0, 0]);
  } finally {
    await db.close();
  }
}
