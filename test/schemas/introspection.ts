/** What Kysely and Knex learn about a schema with their own catalog queries, sent unchanged through a client in node-postgres's shape. */
import { createRequire } from 'node:module';
import type { ForeignClient } from './libraries.js';

const load = createRequire(import.meta.url);

/** Types, defaults, identity, generated columns, enums, arrays, a view, a second schema, keys and comments. */
export const schemaScript = `
  CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
  CREATE DOMAIN positive AS int CHECK (VALUE > 0);
  CREATE SCHEMA shop;
  CREATE TABLE person (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, code serial NOT NULL, name varchar(40) NOT NULL DEFAULT 'nobody', mood mood DEFAULT 'ok', tags text[], age positive,
    born timestamptz(3), pay numeric(10,2), twice int GENERATED ALWAYS AS (3 * 2) STORED, note jsonb
  );
  COMMENT ON COLUMN person.name IS 'as it is called';
  CREATE TABLE shop.item ("Item Id" bigint PRIMARY KEY, owner int NOT NULL REFERENCES person (id), CONSTRAINT item_owner_key UNIQUE (owner));
  CREATE VIEW adults AS SELECT id, name FROM person WHERE age >= 18;
`;

interface KyselyModule {
  readonly Kysely: new (options: object) => { readonly introspection: { getSchemas(): Promise<unknown>; getTables(): Promise<{ readonly name: string; readonly schema?: string }[]> } };
  readonly PostgresDialect: new (options: object) => object;
}

export async function askKysely(client: ForeignClient): Promise<unknown> {
  const { Kysely, PostgresDialect } = load('./node_modules/kysely') as KyselyModule;
  const connection = { query: (text: string, values: readonly unknown[]) => client.query(text, values), release: () => undefined };
  const { introspection } = new Kysely({ dialect: new PostgresDialect({ pool: { connect: () => Promise.resolve(connection), end: () => Promise.resolve() } }) });
  const schemas = (await introspection.getSchemas()) as { readonly name: string }[];
  const names = schemas.map((schema) => schema.name).filter((name) => name === 'public' || name === 'shop').sort();
  const place = (table: { readonly name: string; readonly schema?: string }): string => `${table.schema}.${table.name}`;
  return { schemas: names, tables: (await introspection.getTables()).sort((a, b) => (place(a) < place(b) ? -1 : 1)) };
}

interface KnexSchema {
  hasTable(name: string): Promise<boolean>;
  hasColumn(table: string, column: string): Promise<boolean>;
}
interface Knex {
  (table: string): { columnInfo(): Promise<unknown> };
  readonly schema: KnexSchema & { withSchema(name: string): KnexSchema };
  destroy(): Promise<void>;
}
type KnexModule = ((options: object) => Knex) & { readonly Client: unknown };
type KnexClient = new (options: object) => { acquireRawConnection(): Promise<unknown> };

export async function askKnex(client: ForeignClient): Promise<unknown> {
  const makeKnex = load('./node_modules/knex') as KnexModule;
  const PostgresClient = load('./node_modules/knex/lib/dialects/postgres/index.js') as KnexClient;
  type Done = (error: unknown, result?: unknown) => void;
  const connection = {
    query: (input: { readonly text: string; readonly values?: readonly unknown[] }, done: Done) => void client.query(input).then((result) => done(null, result), (error: unknown) => done(error)),
    on: () => undefined, end: (done?: Done) => done?.(null),
  };
  class OverClient extends PostgresClient {
    override acquireRawConnection(): Promise<unknown> {
      return Promise.resolve(connection);
    }
  }
  const knex = makeKnex({ client: OverClient, version: '15', connection: {}, pool: { min: 0, max: 1 } });
  try {
    return {
      person: await knex('person').columnInfo(), adults: await knex('adults').columnInfo(), hasTable: [await knex.schema.hasTable('person'), await knex.schema.hasTable('nothing'), await knex.schema.withSchema('shop').hasTable('item')],
      hasColumn: [await knex.schema.hasColumn('person', 'tags'), await knex.schema.hasColumn('person', 'nothing'), await knex.schema.withSchema('shop').hasColumn('item', 'Item Id')],
    };
  } finally {
    await knex.destroy();
  }
}
