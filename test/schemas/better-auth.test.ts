/**
 * The tests that better-auth exports for whoever writes an adapter, over Serialite through its Kysely adapter, with ids of text and with ids that the
 * database counts. Skipped where the package is not installed (`npm run schemas`).
 */
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { open, type Database } from '../../engine/index.js';
import { connectAsClient, type Client } from './client.js';
import { loadAuthDatabase, poolOver } from './auth.js';
import { versionOf } from './libraries.js';

interface AdapterTests {
  runAdapterTest(options: { getAdapter(custom?: object): Promise<object> }): void;
  runNumberIdAdapterTest(options: { getAdapter(custom?: object): Promise<object> }): void;
}

const isInstalled = versionOf('better-auth') !== undefined;

/** Names of a table and a column other than the usual ones, as the tests expect. */
const options = {
  telemetry: { enabled: false }, logger: { disabled: true },
  user: { fields: { email: 'email_address' } },
  session: { modelName: 'sessions' },
};

interface KyselyModule {
  readonly Kysely: new (options: object) => object;
  readonly PostgresDialect: new (options: object) => object;
}

/** The database as the package takes one whose transactions it may use; Kysely is the one it finds itself. */
function databaseOver(client: Client): object {
  const { Kysely, PostgresDialect } = createRequire(new URL('./node_modules/better-auth/package.json', import.meta.url))('kysely') as KyselyModule;
  return { db: new Kysely({ dialect: new PostgresDialect({ pool: poolOver(client) }) }), type: 'postgres', transaction: true };
}

if (!isInstalled) test.skip("better-auth's tests of an adapter (skipped: not installed, npm run schemas installs it)", () => undefined);
else {
  const { runAdapterTest, runNumberIdAdapterTest } = (await import(new URL('./node_modules/better-auth/dist/adapters/test.mjs', import.meta.url).href)) as AdapterTests;
  for (const [kind, run, advanced] of [['text', runAdapterTest, {}], ['number', runNumberIdAdapterTest, { advanced: { database: { useNumberId: true } } }]] as const) {
    describe(`better-auth over Serialite, ids of ${kind}`, () => {
      let database: Database;
      let client: Client;
      beforeAll(async () => {
        database = await open(':memory:');
        client = connectAsClient(database);
        const { runMigrations } = await loadAuthDatabase().getMigrations({ ...options, ...advanced, database: databaseOver(client) });
        await runMigrations();
      });
      afterAll(async () => {
        await client.end();
        await database.close();
      });
      run({ getAdapter: (custom = {}) => loadAuthDatabase().getAdapter({ ...options, ...custom, database: databaseOver(client) }) });
    });
  }
}
