/**
 * Libraries written by others for PostgreSQL, unchanged: what they observe over Serialite is what they observe over PostgreSQL 15. The packages are
 * no part of the main install: `npm run schemas` brings them, and without them this is skipped.
 */
import pg from 'pg';
import { expect, test } from 'vitest';
import { open } from '../../engine/index.js';
import { startPostgres } from '../oracle/postgres-server.js';
import { connectAsClient } from './client.js';
import { libraries, versionOf } from './libraries.js';

for (const library of libraries) {
  const isInstalled = versionOf(library.name) !== undefined;
  const reason = isInstalled ? '' : ' (skipped: not installed, npm run schemas installs it)';
  test.skipIf(!isInstalled)(`${library.name}${reason}`, async () => {
    const database = await open(':memory:');
    const client = connectAsClient(database);
    try {
      expect(await library.run(client)).toEqual(library.expected);
      expect(client.failed).toEqual([]);
    } finally {
      await client.end();
      await database.close();
    }
  });
}

const isAnyInstalled = libraries.some((library) => versionOf(library.name) !== undefined);
test.skipIf(!isAnyInstalled)('the same over PostgreSQL, where a server is at hand', async (context) => {
  const server = await startPostgres();
  if (server === undefined) return context.skip();
  try {
    for (const library of libraries.filter(({ name }) => versionOf(name) !== undefined)) {
      const name = `schemas_${process.pid}`;
      const client = new pg.Client({ connectionString: await server.createDatabase(name) });
      await client.connect();
      try {
        expect(await library.run({ query: (input, values) => client.query(input as string, values as unknown[]) }), library.name).toEqual(library.expected);
      } finally {
        await client.end();
        await server.dropDatabase(name);
      }
    }
  } finally {
    server.stop();
  }
});
