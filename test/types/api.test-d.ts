/** What must compile, and what must not. Checked by tsc; never run. */
import type { Database, QueryResult, Session, TransactionHandle } from '../../engine/index.js';
import { DatabaseError, open, sql } from '../../engine/index.js';

/** True only when both types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Compiles only for true; the values are those whose types are compared. */
function is<_T extends true>(..._values: unknown[]): void {
  // Types only.
}

declare const db: Database;
declare const session: Session;

export async function results(): Promise<void> {
  const plain = await db.query('select 1');
  is<Same<typeof plain.rows, Record<string, unknown>[]>>(plain);
  const typed = await db.query<{ id: number; name: string }>('select id, name from t where id = $1', [1]);
  is<Same<typeof typed.rows, { id: number; name: string }[]>>(typed);
  is<Same<typeof typed.rowCount, number | null>>(typed);
  is<Same<(typeof typed.fields)[number]['dataTypeID'], number>>(typed);
  const many = await db.exec('select 1; select 2');
  is<Same<typeof many, QueryResult[]>>(many);
  // @ts-expect-error rows have no such column
  void typed.rows[0]!.nothing;
  // @ts-expect-error fields are not to be changed
  typed.fields[0]!.name = 'x';
}

export async function calls(): Promise<void> {
  await db.query('select $1', [1], { rowMode: 'array', int8: 'bigint', timeout: 100, signal: new AbortController().signal });
  await db.query('select :a', { a: 1 });
  await db.query(sql`select ${1}`);
  await db.query({ text: 'select $1', values: [1] });
  // @ts-expect-error parameters are an array or an object
  await db.query('select $1', 1);
  // @ts-expect-error there is no such mode
  await db.query('select 1', [], { rowMode: 'map' });
  // @ts-expect-error a template is no string
  await db.query`select 1`;
}

export async function transactions(): Promise<void> {
  const value = await db.transaction(async (tx) => {
    is<Same<typeof tx, TransactionHandle>>(tx);
    return (await tx.query<{ n: number }>('select 1 as n')).rows[0]!.n;
  }, { isolation: 'serializable', retry: 3, readOnly: true, deferrable: true });
  is<Same<typeof value, number>>(value);
  const nothing = await session.transaction(() => undefined);
  is<Same<typeof nothing, undefined>>(nothing);
  // @ts-expect-error PostgreSQL has no such level
  await db.transaction(() => 1, { isolation: 'snapshot' });
  // @ts-expect-error a handle cannot be closed
  await db.transaction((tx) => tx.close());
}

export function statements(): void {
  const one = db.prepare<{ id: number }>('select id from t where id = $1');
  is<Same<ReturnType<typeof one.get>, { id: number } | undefined>>();
  is<Same<ReturnType<typeof one.all>, { id: number }[]>>();
  for (const row of one.iterate(1)) is<Same<typeof row, { id: number }>>(row);
  const { rowCount } = one.run(1);
  is<Same<typeof rowCount, number | null>>(rowCount);
}

export async function streams(): Promise<void> {
  for await (const row of session.stream<{ id: number }>('select id from t', [], { batchRows: 10 })) is<Same<typeof row, { id: number }>>(row);
  await session.copyFrom('copy t from stdin', ['a\n', Uint8Array.of(10)]);
  await session.copyTo('copy t to stdout', async (chunk) => {
    is<Same<typeof chunk, string>>(chunk);
    await Promise.resolve();
  });
}

export async function opening(): Promise<void> {
  await using one = await open('x.slt', { durability: 'relaxed', cacheBytes: 1 << 20, isolation: 'serializable', settings: { work_mem: '64MB', jit: false }, parsers: { 1700: Number } });
  await using other = one.connect({ name: 'worker' });
  is<Same<typeof other.isWaiting, boolean>>(other);
  is<Same<typeof other.transactionStatus, 'idle' | 'active' | 'failed'>>(other);
  const stop = other.onNotice((notice) => is<Same<typeof notice.message, string>>(notice));
  stop();
  // @ts-expect-error a file has a path
  await open();
  // @ts-expect-error no such durability
  await open('x.slt', { durability: 'none' });
}

export function errors(error: unknown): void {
  if (!(error instanceof DatabaseError)) return;
  is<Same<typeof error.code, string>>(error);
  is<Same<typeof error.position, number | undefined>>(error);
  is<Same<typeof error.isRetryable, boolean>>(error);
  const kind = error.conflict?.kind;
  is<Same<typeof kind, 'serialization' | 'write' | 'deadlock' | undefined>>(kind);
}
