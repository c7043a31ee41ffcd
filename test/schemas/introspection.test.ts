/** Kysely, Knex, drizzle-kit and Prisma learn the same about a schema over Serialite and over PostgreSQL 15. Skipped where the packages (`npm run schemas`) or a server are missing. */
import pg from 'pg';
import { expect, test } from 'vitest';
import { open } from '../../engine/index.js';
import { startPostgres } from '../oracle/postgres-server.js';
import { readFileSync } from 'node:fs';
import { connectAsClient } from './client.js';
import { askDrizzle, pushWithDrizzle } from './drizzle.js';
import { askKnex, askKysely, schemaScript } from './introspection.js';
import { versionOf, type ForeignClient } from './libraries.js';
import { pullWithPrisma, pushWithPrisma, sessionAsPool, type Pool } from './prisma.js';

const isInstalled = versionOf('kysely') !== undefined && versionOf('knex') !== undefined;
const reason = isInstalled ? '' : ' (skipped: not installed, npm run schemas installs them)';

test.skipIf(!isInstalled).each([['Kysely', askKysely], ['Knex', askKnex]] as const)(`what %s asks of the catalog${reason}`, async (name, ask) => {
  const database = await open(':memory:');
  const client = connectAsClient(database);
  try {
    await client.query(schemaScript);
    const here = await ask(client);
    expect(client.failed).toEqual([]);
    const server = await startPostgres();
    if (server === undefined) return;
    const databaseName = `introspection_${name.toLowerCase()}_${process.pid}`;
    const there = new pg.Client({ connectionString: await server.createDatabase(databaseName) });
    await there.connect();
    try {
      await there.query(schemaScript);
      expect(here).toEqual(await ask({ query: (input, values) => there.query(input as string, values as unknown[]) }));
    } finally {
      await there.end();
      await server.dropDatabase(databaseName);
      server.stop();
    }
  } finally {
    await client.end();
    await database.close();
  }
});

/** Runs over both; without a server over Serialite alone, and `there` is undefined. */
async function askBoth<T>(script: string, ask: (client: ForeignClient) => Promise<T>): Promise<{ readonly here: T; readonly there: T | undefined }> {
  const database = await open(':memory:');
  const client = connectAsClient(database);
  try {
    await client.query(script);
    const here = await ask(client);
    expect(client.failed).toEqual([]);
    const server = await startPostgres();
    if (server === undefined) return { here, there: undefined };
    const databaseName = `introspection_drizzle_${process.pid}`;
    const remote = new pg.Client({ connectionString: await server.createDatabase(databaseName) });
    await remote.connect();
    try {
      await remote.query(script);
      return { here, there: await ask({ query: (input, values) => remote.query(input as string, values as unknown[]) }) };
    } finally {
      await remote.end();
      await server.dropDatabase(databaseName);
      server.stop();
    }
  } finally {
    await client.end();
    await database.close();
  }
}

const hasDrizzle = versionOf('drizzle-kit') !== undefined;
const drizzleReason = hasDrizzle ? '' : ' (skipped: not installed, npm run schemas installs it)';

/** Which of the operator classes of a key's columns it shows for one of them, drizzle-kit leaves to chance; PostgreSQL has roles that nobody made; a view's text is its own. */
const comparable = (answers: unknown): unknown => Object.entries(answers as Record<string, readonly string[]>).sort(([a], [b]) => (a < b ? -1 : 1))
  .filter(([text]) => !text.includes('FROM pg_roles'))
  .map(([text, rows]) => [text, rows.map((row) => ({ ...(JSON.parse(row) as object), opcname: undefined, definition: undefined }))]);

test.skipIf(!hasDrizzle)(`what drizzle-kit asks of the catalog${drizzleReason}`, async () => {
  // It asks for the name of a key of several columns with parameters that it then forgets.
  const script = readFileSync(new URL('./catalog/objects.sql', import.meta.url), 'utf8').replace('PRIMARY KEY (item, at), ', '');
  const { here, there } = await askBoth(script, (client) => askDrizzle(client, ['public', 'shop']));
  expect(here.statements).toContain('DROP TABLE "shop"."item" CASCADE;');
  if (there === undefined) return;
  expect(comparable(here.answers)).toEqual(comparable(there.answers));
  expect(here.statements).toEqual(there.statements);
});

test.skipIf(!hasDrizzle)(`a schema pushed by drizzle-kit, and what it finds to do a second time${drizzleReason}`, async () => {
  const { here, there } = await askBoth('SELECT 1', pushWithDrizzle);
  // Two defaults it reads back otherwise than it wrote them, over PostgreSQL too.
  expect(here.second).toEqual([`ALTER TABLE "person" ALTER COLUMN "tags" SET DEFAULT '{}'::text[];`, 'ALTER TABLE "person" ALTER COLUMN "small" SET DEFAULT -3;']);
  if (there !== undefined) expect(here).toEqual(there);
});

const hasPrisma = versionOf('@prisma/schema-engine-wasm') !== undefined;
const prismaReason = hasPrisma ? '' : ' (skipped: not installed, npm run schemas installs it)';

test.skipIf(!hasPrisma).each([['pulls from', pullWithPrisma, true], ['pushes to', pushWithPrisma, false]] as const)(`what Prisma %s a database${prismaReason}`, async (_name, ask, hasObjects) => {
  const script = hasObjects ? readFileSync(new URL('./catalog/objects.sql', import.meta.url), 'utf8') : 'SELECT 1';
  const database = await open(':memory:');
  const session = database.connect();
  const failed: string[] = [];
  await session.exec(script);
  const here = await ask(sessionAsPool(session, failed));
  await session.close();
  await database.close();
  expect(failed).toEqual([]);
  const server = await startPostgres();
  if (server === undefined) return;
  const databaseName = `introspection_prisma_${process.pid}`;
  const there = new pg.Pool({ connectionString: await server.createDatabase(databaseName) });
  try {
    await there.query(script);
    expect(here).toEqual(await ask(there as unknown as Pool));
  } finally {
    await there.end();
    await server.dropDatabase(databaseName);
    server.stop();
  }
});
