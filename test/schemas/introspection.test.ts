/** Kysely and Knex learn the same about a schema over Serialite and over PostgreSQL 15. Skipped where the packages (`npm run schemas`) or a server are missing. */
import pg from 'pg';
import { expect, test } from 'vitest';
import { open } from '../../engine/index.js';
import { startPostgres } from '../oracle/postgres-server.js';
import { connectAsClient } from './client.js';
import { askKnex, askKysely, schemaScript } from './introspection.js';
import { versionOf } from './libraries.js';

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
