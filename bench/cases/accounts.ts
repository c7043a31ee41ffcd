/** The table of most cases: accounts with an integer key, filled from a seeded generator, so that every engine holds the same rows. */
import { seededPrng } from '../../base/prng.js';
import type { PeerDatabase } from '../peers/peer.js';

export const accountCount = 100_000;
export const accountColumns = ['id', 'owner', 'branch', 'balance'] as const;
export const accountTable = 'create table account (id integer primary key, owner text not null, branch integer not null, balance double precision not null)';

export type AccountRow = readonly [id: number, owner: string, branch: number, balance: number];

export function* accounts(count: number): Generator<AccountRow> {
  const prng = seededPrng(7);
  for (let id = 1; id <= count; id++) yield [id, `owner-${prng.nextU32().toString(36)}`, prng.below(1000), prng.below(100_000)];
}

/** The same rows in an order without locality: keys go round in steps coprime to the count. */
export function* shuffledAccounts(count: number): Generator<AccountRow> {
  const prng = seededPrng(7);
  for (let i = 0; i < count; i++) yield [1 + ((i * 7919 + 13) % count), `owner-${prng.nextU32().toString(36)}`, prng.below(1000), prng.below(100_000)];
}

const literal = (value: string | number | null): string => (typeof value === 'string' ? `'${value}'` : String(value));

/** Multi-row INSERT statements of `perStatement` rows. */
export function* insertStatements(rows: Iterable<readonly (string | number | null)[]>, table: string, columns: readonly string[], perStatement: number): Generator<string> {
  let values: string[] = [];
  const flush = (): string => `insert into ${table} (${columns.join(', ')}) values ${values.join(', ')}`;
  for (const row of rows) {
    values.push(`(${row.map(literal).join(', ')})`);
    if (values.length < perStatement) continue;
    yield flush();
    values = [];
  }
  if (values.length > 0) yield flush();
}

export async function load(db: PeerDatabase, table: string, columns: readonly string[], rows: Iterable<readonly (string | number | null)[]>): Promise<void> {
  await db.exec('begin');
  for (const sql of insertStatements(rows, table, columns, 500)) await db.exec(sql);
  await db.exec('commit');
}

export async function makeAccounts(db: PeerDatabase, count = accountCount): Promise<void> {
  await db.exec(accountTable);
  await load(db, 'account', accountColumns, accounts(count));
}
