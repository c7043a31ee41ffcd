/**
 * What drizzle-kit learns of a database, and what it thinks is left to do to one that it has just made: its own queries, taken at run time.
 *
 * Left out: primary keys of several columns. The function that the package exports forgets the parameters of the one query that asks for their name.
 */
import { createRequire } from 'node:module';
import type { ForeignClient } from './libraries.js';

const load = createRequire(import.meta.url);

interface Kit {
  pushSchema(schema: object, database: object, schemas: readonly string[]): Promise<{ readonly statementsToExecute: readonly string[]; apply(): Promise<void> }>;
}

/** A text that drizzle-orm carries unchanged. */
interface RawText {
  readonly queryChunks: readonly { readonly value: readonly string[] }[];
}

type Build = (...args: readonly unknown[]) => Column;
interface Column {
  primaryKey(): Column;
  notNull(): Column;
  unique(name?: string): Column;
  default(value: unknown): Column;
  defaultNow(): Column;
  defaultRandom(): Column;
  array(): Column;
  references(target: () => unknown, actions?: object): Column;
  generatedAlwaysAsIdentity(options?: object): Column;
  generatedAlwaysAs(value: unknown): Column;
}
interface Core {
  pgTable(name: string, columns: object, extra?: (table: Record<string, unknown>) => readonly unknown[]): Record<string, unknown>;
  pgEnum(name: string, values: readonly string[]): (column?: string) => Column;
  pgSchema(name: string): { table: Core['pgTable'] };
  pgSequence(name: string, options: object): object;
  pgView(name: string): { as(make: (builder: { select(columns: object): { from(table: unknown): object } }) => object): object };
  index(name: string): { on(...columns: readonly unknown[]): object };
  uniqueIndex(name: string): { on(...columns: readonly unknown[]): object };
  check(name: string, condition: unknown): object;
  readonly [builder: string]: unknown;
}

/** Passes texts on, one after the other, and keeps what was answered. */
function recordingDatabase(client: ForeignClient, answers: Map<string, unknown>): object {
  let last: Promise<unknown> = Promise.resolve();
  return {
    execute(raw: RawText): Promise<unknown> {
      const text = raw.queryChunks.map((chunk) => chunk.value.join('')).join('');
      const ask = async (): Promise<unknown> => {
        const result = (await client.query(text)) as { rows: readonly unknown[] };
        answers.set(text.trim().replaceAll(/\s+/g, ' '), result.rows);
        return result;
      };
      const asked = last.then(ask);
      last = asked.catch(() => undefined);
      return asked;
    },
  };
}

/** Progress that drizzle-kit writes to the terminal is of no use here. */
async function quietly<T>(run: () => Promise<T>): Promise<T> {
  const { write } = process.stdout;
  process.stdout.write = () => true;
  try {
    return await run();
  } finally {
    process.stdout.write = write;
  }
}

/** The rows that each of its catalog queries gave, sorted where it left the order open, and the statements that would empty the database. */
export async function askDrizzle(client: ForeignClient, schemas: readonly string[]): Promise<{ readonly answers: unknown; readonly statements: readonly string[] }> {
  const { pushSchema } = load('./node_modules/drizzle-kit/api.js') as Kit;
  const answers = new Map<string, unknown>();
  const { statementsToExecute } = await quietly(() => pushSchema({}, recordingDatabase(client, answers), schemas));
  return { answers: Object.fromEntries([...answers].map(([text, rows]) => [text, (rows as readonly unknown[]).map((row) => JSON.stringify(row)).sort()])), statements: [...statementsToExecute].sort() };
}

/** Makes a schema declared in TypeScript, and returns the statements that it took and those that a second look at the database still asks for. */
export async function pushWithDrizzle(client: ForeignClient): Promise<{ readonly first: readonly string[]; readonly second: readonly string[] }> {
  const { pushSchema } = load('./node_modules/drizzle-kit/api.js') as Kit;
  const schema = declaredSchema();
  const database = recordingDatabase(client, new Map());
  const made = await quietly(() => pushSchema(schema, database, ['public', 'shop']));
  await made.apply();
  const { statementsToExecute } = await quietly(() => pushSchema(schema, database, ['public', 'shop']));
  return { first: made.statementsToExecute, second: statementsToExecute };
}

function declaredSchema(): object {
  const core = load('./node_modules/drizzle-orm/pg-core/index.cjs') as Core;
  const { sql } = load('./node_modules/drizzle-orm/index.cjs') as { sql: (text: TemplateStringsArray, ...values: readonly unknown[]) => unknown };
  const { integer, serial, text, varchar, numeric, boolean, timestamp, date, time, jsonb, json, uuid, bigint, bigserial, smallint, real, doublePrecision, interval, char } = core as unknown as Readonly<Record<string, Build>>;
  const mood = core.pgEnum('mood', ['sad', 'ok', 'happy']);
  const person = core.pgTable('person', {
    id: integer!().primaryKey().generatedAlwaysAsIdentity({ startWith: 100 }), code: serial!(), name: varchar!({ length: 40 }).notNull().default('nobody'), nick: text!().unique(), feeling: mood().default('ok'), tags: text!().array().default(sql`'{}'::text[]`),
    pay: numeric!({ precision: 10, scale: 2 }).default('0.50'), isActive: boolean!('is_active').notNull().default(true), born: timestamp!({ withTimezone: true, precision: 3 }).notNull().defaultNow(), day: date!().default('2020-01-01'), at: time!(),
    note: jsonb!().default({ a: 1 }), other: json!().default([]), key: uuid!().defaultRandom(), big: bigint!({ mode: 'number' }).default(5), small: smallint!().default(-3), r: real!().default(1.5), f: doublePrecision!().default(2), span: interval!().default('1 day'), c: char!({ length: 3 }),
    loud: text!().generatedAlwaysAs(sql`upper(name)`),
  }, (t) => [core.index('person_feeling').on(t['feeling'], t['name']), core.uniqueIndex('person_code').on(t['code']), core.index('person_lower').on(sql`lower(name)`), core.check('pay_ok', sql`pay >= 0`)]);
  const shop = core.pgSchema('shop');
  const item = shop.table('item', { id: bigserial!({ mode: 'number' }).primaryKey(), owner: integer!().notNull().references(() => person['id'], { onDelete: 'cascade', onUpdate: 'set null' }), title: text!() });
  const ticket = core.pgSequence('ticket', { startWith: 10, increment: 5, cache: 3 });
  const names = core.pgView('names').as((builder) => builder.select({ id: person['id'], name: person['name'] }).from(person));
  return { mood, person, shop, item, ticket, names };
}
