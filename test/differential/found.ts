/** The tables over which found.test.ts and found-in-turn.test.ts tell what random statements found. */
import { expect } from 'vitest';
import { SerialiteEngine } from './engines.js';

const setup = [
  'create table r2 (id int primary key, c int8, h text)', "insert into r2 select g, g % 5, 'a' from generate_series(1, 6) g",
  "create table r3 (id int primary key, e int8, b date)", "insert into r3 select g, g % 5, '2024-01-01' from generate_series(1, 20) g",
  'create view v0 as select * from r2', 'create domain posint as int check (value > 0)', 'create type pair as (x int, y text)', "create type phase as enum ('a', 'b')", 'create materialized view m0 as select 1 as id', 'create sequence sq',
];

export async function openTables(): Promise<SerialiteEngine> {
  const engine = await SerialiteEngine.open();
  for (const sql of setup) expect((await engine.run(sql)).message, sql).toBe('');
  return engine;
}

/** A statement with the rows that it gives, or with its SQLSTATE ('': it succeeds; undefined: it succeeds with whatever rows). */
export type Step = readonly [sql: string, expected: string | undefined | readonly (readonly (string | null)[])[]];

export async function runInTurn(engine: SerialiteEngine, steps: readonly Step[]): Promise<void> {
  for (const [sql, expected] of steps) {
    const answer = await engine.run(sql);
    if (expected === undefined) expect(answer.message, sql).toBe('');
    else if (typeof expected === 'string') expect(answer.code ?? '', sql).toBe(expected);
    else expect(answer.rows, sql).toEqual(expected);
  }
}
