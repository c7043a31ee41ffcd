/** `npm run schemas`: libraries written by others for PostgreSQL, unchanged, over Serialite; per package the statements sent, those that passed, and whether the library saw what it sees over PostgreSQL. */
import { isDeepStrictEqual } from 'node:util';
import { open } from '../../engine/index.js';
import { connectAsClient } from './client.js';
import { libraries, versionOf } from './libraries.js';

let isWhole = true;
for (const library of libraries) {
  const version = versionOf(library.name);
  if (version === undefined) {
    console.log(`${library.name}: not installed; npm run schemas installs it`);
    isWhole = false;
    continue;
  }
  const database = await open(':memory:');
  const client = connectAsClient(database);
  let outcome: string;
  try {
    const seen = await library.run(client);
    const wrong = seen.findIndex((value, i) => !isDeepStrictEqual(value, library.expected[i]));
    const isRight = wrong === -1 && seen.length === library.expected.length;
    if (!isRight) isWhole = false;
    outcome = isRight ? `${seen.length} of ${seen.length} results as over PostgreSQL` : `result ${wrong} is ${JSON.stringify(seen[wrong])} instead of ${JSON.stringify(library.expected[wrong])}`;
  } catch (error) {
    isWhole = false;
    outcome = `stopped: ${(error as Error).message}`;
  }
  if (client.failed.length > 0) isWhole = false;
  console.log(`${library.name} ${version}: ${client.statements} statements, ${client.failed.length} failed; ${outcome}`);
  for (const { code, message, text } of client.failed) console.log(`  ${code} ${message}\n    ${text.trim().replaceAll(/\s+/g, ' ').slice(0, 400)}`);
  await client.end();
  await database.close();
}
process.exitCode = isWhole ? 0 : 1;
